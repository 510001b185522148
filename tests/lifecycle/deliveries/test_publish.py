"""The end of a job is told: after the row says so, and once to each receiver."""

import json
from urllib.request import urlopen

import pytest

from errors import EncodingError
from jobs.event import EventType
from jobs.public import public_document
from lifecycle import work
from lifecycle.attempt import run_attempt
from lifecycle.dispatcher import dispatch
from lifecycle.endpoints import create_endpoint
from lifecycle.intake import accept_blob
from lifecycle.poison import examine_poison
from lifecycle.publish import publish

from .delivering import (
    Delivering,
    arrive,
    services_of,
)


@pytest.mark.azurite
def test_the_end_of_a_job_arrives_at_each_webhook_with_a_link_that_works(
    post: Delivering, photo: bytes
) -> None:
    one, other = post.webhook(), post.webhook()

    post.complete("a folder/ä.png", photo)
    dispatch(post.services, post.woken())

    job = post.world.job("a folder/ä.png")
    for endpoint_id in (one, other):
        (event,) = arrive(post, endpoint_id)
        assert event["type"] == "job.completed"
        assert event["data"] | public_document(job) == event["data"] | {
            "updated_at": public_document(job)["updated_at"]
        }
        with urlopen(event["data"]["output_url"]) as answer:
            assert answer.read() == post.world.output("a folder/ä.webp")
        assert post.delivery(job, endpoint_id).state == "delivered"
    assert len({key.delivery_id for key in job.published}) == 1


def test_a_webhook_gets_only_what_it_wants(post: Delivering, photo: bytes) -> None:
    failures = post.webhook(events=[EventType.JOB_FAILED])
    successes = post.webhook(events=[EventType.JOB_COMPLETED])

    post.complete("a.png", photo)
    post.fail("b.png")
    dispatch(post.services, post.woken())

    (failure,), (success,) = arrive(post, failures), arrive(post, successes)
    assert (failure["data"]["blob_name"], failure["data"]["error_code"]) == ("b.png", "EMPTY_FILE")
    assert success["data"]["blob_name"] == "a.png"


def test_where_nobody_wants_to_know_nothing_is_owed_and_nothing_stored(
    post: Delivering, photo: bytes
) -> None:
    jobs = [post.complete("a.png", photo), post.fail("b.png")]

    assert [(job.unpublished, job.published) for job in jobs] == [(False, ())] * 2
    assert post.woken() == set()
    assert {alarm.endpoint_id for alarm in post.world.alarms(days=40)} == {None}


def test_every_way_to_fail_is_told(
    post: Delivering, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_id = post.webhook()
    post.services = services_of(post.world, max_retry_attempts=0)

    def gives_up(*_: object) -> None:
        raise EncodingError

    monkeypatch.setattr(work, "compress", gives_up)
    assert post.complete("verdict.png", photo).status == "failed"
    vanish(post, "vanished.png", photo)
    run_attempt(post.services, post.world.job("vanished.png").message(post.services.clock()))
    vanish(post, "poison.png", photo)
    examine_poison(post.services, post.world.job("poison.png").message(post.services.clock()))
    dispatch(post.services, post.woken())

    told = [event["data"] for event in arrive(post, endpoint_id)]
    assert {data["blob_name"]: data["error_code"] for data in told} == {
        "verdict.png": "ENCODING_FAILED",
        "vanished.png": "WORKER_LOST",
        "poison.png": "WORKER_LOST",
    }


def vanish(post: Delivering, name: str, photo: bytes) -> None:
    """An attempt begins, and is never heard of again."""
    post.world.put(name, photo)
    accept_blob(post.services, name)
    post.world.claim(name, "a1")
    post.world.clock.advance(minutes=1)


def test_nothing_is_told_before_the_row_says_so(
    post: Delivering, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.webhook()
    seen = []
    add = post.services.outbox.add
    monkeypatch.setattr(
        type(post.services.outbox),
        "add",
        lambda _, delivery: seen.append(post.services.jobs.get("a.png")) or add(delivery),
    )

    post.complete("a.png", photo)

    assert [(job.status, job.unpublished) for job in seen if job] == [("completed", True)]


def test_the_operators_webhook_is_there_by_its_setting_alone(post: Delivering) -> None:
    endpoint_id = post.webhook()
    url = f"{post.receivers[endpoint_id].url}/operator"
    services = post.process(webhook_url=url)

    post.fail("a.png", services)
    dispatch(services, post.woken())

    paths = sorted(each.path for each in post.receivers[endpoint_id].received)
    assert paths == ["/hook", "/operator"]


def test_a_message_for_an_endpoint_that_never_was_does_nothing(post: Delivering) -> None:
    dispatch(post.services, ["wh_nobody", "job-nobody"])

    assert post.woken() == set()


def test_publishing_again_changes_nothing(post: Delivering) -> None:
    endpoint_id = post.webhook()
    job = post.fail("a.png")
    dispatch(post.services, post.woken())

    publish(post.services, job)
    dispatch(post.services, post.woken())

    assert len(arrive(post, endpoint_id)) == 1
    assert json.loads(post.delivery(job, endpoint_id).data)["blob_name"] == "a.png"


def test_an_endpoint_that_is_made_by_another_process_is_found_by_its_name(
    post: Delivering,
) -> None:
    other = post.process()
    other.endpoints.all()
    endpoint = create_endpoint(post.services, "https://8.8.8.8/", [EventType.JOB_FAILED], "")

    assert other.endpoints.get(endpoint.id) == endpoint
