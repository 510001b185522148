"""SIMPI's database learns of each end of a job whose file belongs to a step."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from harness.rig.receiver import Receiver, receiving
from jobs.delivery import DeliveryState
from jobs.job import Status
from lifecycle.dispatcher import dispatch

from .delivering import Delivering

pytestmark = pytest.mark.azurite


@pytest.fixture
def simpi() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def told(post: Delivering, simpi: Receiver) -> Delivering:
    """A service that knows the API."""
    token = SecretStr("a-token-that-nobody-sees")
    services = post.process(simpi_api_base_url=simpi.url, simpi_api_token=token)
    return replace(post, services=services)


def test_a_completed_step_is_told_with_a_link_that_works(
    told: Delivering, simpi: Receiver, photo: bytes
) -> None:
    told.complete("step-42-1700000000.png", photo)
    told.complete("holiday.png", photo)

    dispatch(told.services, ["simpi"])

    (came,) = simpi.received
    body = json.loads(came.body)
    assert came.path == "/api/v1/steps/42/media"
    assert body["processing_status"] == "completed"
    assert "/processed/step-42-1700000000.webp?" in body["compressed_url"]
    assert body["compressed_size"] < body["original_size"] == len(photo)


def test_a_failed_step_is_told_as_well(told: Delivering, simpi: Receiver) -> None:
    told.fail("step-43-1700000000.png")

    dispatch(told.services, ["simpi"])

    body = json.loads(simpi.received[0].body)
    assert (body["processing_status"], body["compressed_url"]) == ("failed", None)


def test_a_job_stays_completed_whatever_becomes_of_it(
    told: Delivering, simpi: Receiver, photo: bytes
) -> None:
    simpi.behave(otherwise="410")
    job = told.complete("step-44-1700000000.png", photo)

    dispatch(told.services, ["simpi"])

    assert told.world.job(job.blob_name).status is Status.COMPLETED
    assert told.delivery(job, "simpi").state is DeliveryState.WAITING
    simpi.behave()
    told.world.clock.advance(seconds=10)
    dispatch(told.services, ["simpi"])
    assert told.delivery(job, "simpi").state is DeliveryState.DELIVERED
