"""An address that was given with the upload, and other options that concern its end."""

from dataclasses import replace

import pytest

from jobs.tenant import Tenant
from lifecycle.attempt import run_attempt
from lifecycle.deliveries import page_of, replay
from lifecycle.dispatcher import dispatch
from lifecycle.intake import accept_blob
from lifecycle.services import connect
from tests.lifecycle.conftest import World

from .delivering import Delivering, arrive


def test_an_address_beside_the_upload_is_told_as_well_and_signed_with_the_shared_secret(
    world: World, post: Delivering, photo: bytes
) -> None:
    url = "https://media.example:8443/hook?job=7"
    world.services.uploads._container.upload_blob(
        "a.png", photo, metadata={"mp_webhook": url.replace("?", "%3F")}, overwrite=True
    )
    job = accept_blob(post.services, "a.png")
    run_attempt(post.services, job.message(post.services.clock()))

    (key,) = world.job("a.png").published
    delivery = post.services.outbox.get(key)
    assert (delivery.url, delivery.state) == (url, "waiting")
    assert key.endpoint_id.startswith("job-")
    assert post.woken() == {key.endpoint_id}
    endpoint = post.services.endpoints.of(delivery)
    assert endpoint.secret == post.services.endpoints.shared_secret()


@pytest.mark.parametrize(
    "url", ["http://a.example/", "https://a.example", "nonsense", "https://u:p@a.example/"]
)
def test_an_address_that_is_none_is_refused_when_it_is_given(
    world: World, post: Delivering, url: str
) -> None:
    is_good = url == "https://a.example"
    endpoint_id = post.webhook()
    world.services.uploads._container.upload_blob(
        "a.png", b"x", metadata={"mp_webhook": url}, overwrite=True
    )

    accept_blob(post.services, "a.png")
    dispatch(post.services, post.woken())

    assert (world.job("a.png").error_code == "INVALID_OPTION") is not is_good
    told = [event["data"]["error_message"] for event in arrive(post, endpoint_id)]
    assert all("mp_webhook" in text for text in told)
    assert len(told) == (not is_good)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "[::1]"])
def test_an_address_behind_our_own_walls_fails_for_good_and_the_job_does_not(
    world: World, post: Delivering, photo: bytes, host: str
) -> None:
    world.services.uploads._container.upload_blob(
        "a.png", photo, metadata={"mp_webhook": f"https://{host}:8443/"}, overwrite=True
    )
    job = accept_blob(post.services, "a.png")
    run_attempt(post.services, job.message(post.services.clock()))

    dispatch(post.services, post.woken())

    job = world.job("a.png")
    (key,) = job.published
    delivery = post.services.outbox.get(key)
    assert job.status == "completed"
    assert (delivery.state, delivery.error_code) == ("failed", "DELIVERY_REFUSED")
    assert post.services.outbox.waiting(key.endpoint_id, 1).breaker.failures == 0


def test_a_tenants_webhook_never_leads_behind_our_own_walls(post: Delivering) -> None:
    """Also where its name was looked up anew after it was checked."""
    endpoint_id = post.webhook()
    table = post.services.endpoint_table
    known = post.services.endpoints.get(endpoint_id)
    table.put(replace(known, tenant="acme"))
    post.services.endpoints.forget()

    post.fail("acme/a.png")
    post.fail("other/a.png")
    dispatch(post.services, post.woken())

    ((logged,), _) = page_of(post.services, endpoint_id, None, None)
    assert (logged.delivery.state, logged.delivery.error_code) == ("failed", "DELIVERY_REFUSED")
    assert arrive(post, endpoint_id) == []


def test_what_stands_beside_a_tenants_upload_is_signed_with_the_tenants_secret(
    post: Delivering,
) -> None:
    settings = post.services.settings.model_copy(update={"managed_keys": True})
    services = connect(settings)
    services.keys.tenant_table.insert(Tenant("acme", "", services.clock()))
    owners = {}
    for name in ("acme/a.png", "b.png"):
        services.uploads._container.upload_blob(
            name, b"", metadata={"mp_webhook": "https://8.8.8.8/"}, overwrite=True
        )
        job = accept_blob(services, name)
        (key,) = services.jobs.get(job.blob_name).published
        owners[name] = services.endpoints.of(services.outbox.get(key)).secret.owner, key.endpoint_id

    assert owners["acme/a.png"][0] == "=shared:acme"
    assert owners["b.png"][0] == "=shared"
    assert owners["acme/a.png"][1] != owners["b.png"][1]


def test_what_could_not_be_sent_there_is_shown_and_tried_once_more_on_demand(
    world: World, post: Delivering
) -> None:
    world.put("a.png", b"")
    world.services.uploads._container.upload_blob(
        "a.png", b"", metadata={"mp_webhook": "https://127.0.0.1:8443/"}, overwrite=True
    )
    accept_blob(post.services, "a.png")
    dispatch(post.services, post.woken())
    (key,) = world.job("a.png").published

    replay(post.services, *key)
    dispatch(post.services, post.woken())

    ((logged,), following) = page_of(post.services, key.endpoint_id, None, None)
    assert (logged.delivery.replays, len(logged.attempts), following) == (1, 2, None)


def test_an_unknown_option_is_told_with_its_name(post: Delivering) -> None:
    endpoint_id = post.webhook()
    post.world.services.uploads._container.upload_blob(
        "a.png", b"x", metadata={"mp_colour": "red"}, overwrite=True
    )

    accept_blob(post.services, "a.png")
    dispatch(post.services, post.woken())

    (event,) = arrive(post, endpoint_id)
    assert event["data"]["error_code"] == "INVALID_OPTION"
    assert "mp_colour" in event["data"]["error_message"]
