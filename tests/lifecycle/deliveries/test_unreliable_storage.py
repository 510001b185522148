"""Every fifth call to storage fails, or is answered with silence after it was done: all arrive."""

import gc
from collections.abc import Iterator
from dataclasses import replace

import pytest

from devhost.azurite import Azurite
from errors import StorageUnavailableError
from harness.chaos.faults.proxy import Proxy, proxy
from harness.chaos.faults.rule import Rule
from jobs.delivery import DeliveryKey, DeliveryState
from jobs.job import FencedError
from lifecycle.dispatcher import dispatch
from lifecycle.intake import accept_blob
from lifecycle.rescue import rescue
from lifecycle.services import Services
from tests.lifecycle.conftest import World

from .delivering import LEASE_S, Delivering, services_of

STORM = [
    Rule("reset", p=0.07),
    Rule("503", p=0.04),
    Rule("reset", "after", p=0.05),
    Rule("500", "after", p=0.04),
]
JOBS = 12


@pytest.fixture
def way(own_azurite: Azurite) -> Iterator[Proxy]:
    with proxy(own_azurite.ports, seed=7) as way:
        yield way
    gc.collect()


def through(world: World, way: Proxy) -> Services:
    """A process whose storage is at the end of that way."""
    settings = world.services.settings
    far = settings.model_copy(update={"storage_connection": type(settings.api_key)(way.storage)})
    services = replace(world.services, settings=far)
    return services_of(replace(world, services=services))


@pytest.mark.azurite
# The SDK leaves a connection that was reset to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_no_event_is_lost_and_none_has_two_ids(post: Delivering, world: World, way: Proxy) -> None:
    endpoint_ids = [post.webhook(), post.webhook("500", "500")]
    names = [f"{number}.png" for number in range(JOBS)]
    for name in names:
        world.put(name, b"")
    services = through(world, way)
    way.change(STORM)

    for _ in range(40):
        for name in names:
            try:
                accept_blob(services, name)
            except (StorageUnavailableError, FencedError):
                continue
        dispatch(services, endpoint_ids)
        way.change([])
        jobs = [post.services.jobs.get(name) for name in names]
        if all(map(has_arrived, [post] * JOBS, jobs)):
            break
        world.clock.advance(seconds=LEASE_S)
        rescue(post.services)
        way.change(STORM)
    else:
        raise AssertionError("not all arrived")

    assert way.ledger.met() > 20, "there was a storm"
    expected = {job.published[0].delivery_id for job in jobs}
    for endpoint_id in endpoint_ids:
        assert set(post.receivers[endpoint_id].ids) == expected
        for delivery_id in expected:
            logged = post.services.outbox.logged(DeliveryKey(endpoint_id, delivery_id))
            assert logged.delivery.state is DeliveryState.DELIVERED
            assert logged.attempts[-1].error_code is None


def has_arrived(post: Delivering, job) -> bool:
    return bool(
        job
        and job.published
        and all(
            found.state is DeliveryState.DELIVERED
            for key in job.published
            if (found := post.services.outbox.get(key))
        )
    )
