"""Whoever dies while the end of a job is told, and whatever is lost: it is told, and once."""

from collections.abc import Callable

import pytest

from errors import StorageUnavailableError
from lifecycle import known_endpoints
from lifecycle.dispatcher import dispatch
from lifecycle.failpoints import Point
from lifecycle.intake import accept_blob

from .delivering import (
    Death,
    Delivering,
    arrive,
    rescue_until_quiet,
)


@pytest.mark.parametrize("point", [Point.UNPUBLISHED, Point.PUBLISHED_DELIVERIES, Point.PUBLISHED])
def test_a_death_while_it_is_told_costs_a_minute_and_nothing_arrives_twice(
    post: Delivering, photo: bytes, die: Callable[[Point], None], point: Point
) -> None:
    endpoint_id = post.webhook()
    die(point)
    with pytest.raises(Death):
        post.complete("a.png", photo)
    post.woken()  # and its message is lost as well

    rescue_until_quiet(post)

    assert [event["data"]["blob_name"] for event in arrive(post, endpoint_id)] == ["a.png"]
    assert not post.world.job("a.png").unpublished


def test_a_death_after_some_of_several_receivers_leaves_none_out_and_none_is_told_twice(
    post: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_ids = [post.webhook() for _ in range(3)]
    add, stored = post.services.outbox.add, []

    def dies_at_the_third(_, delivery) -> bool:
        if len(stored) == 2:
            raise Death
        stored.append(delivery)
        return add(delivery)

    with monkeypatch.context() as patch:
        patch.setattr(type(post.services.outbox), "add", dies_at_the_third)
        with pytest.raises(Death):
            post.fail("a.png")

    rescue_until_quiet(post)

    assert [len(arrive(post, each)) for each in endpoint_ids] == [1, 1, 1]
    ids = {each.received[0].id for each in post.receivers.values()}
    assert ids == {each.id for each in stored}


def test_an_alarm_without_its_delivery_rings_for_nothing_and_is_gone(
    post: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_id = post.webhook()
    with monkeypatch.context() as patch:
        patch.setattr(type(post.services.outbox), "add", lambda _, __: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            post.fail("a.png")
    assert endpoint_id in {alarm.endpoint_id for alarm in post.world.alarms(minutes=1)}

    rescue_until_quiet(post)

    assert endpoint_id not in {alarm.endpoint_id for alarm in post.world.alarms(days=20)}
    assert len(arrive(post, endpoint_id)) == 1, "the job's own alarm made up for it"


def test_a_lost_message_costs_a_minute(post: Delivering) -> None:
    endpoint_id = post.webhook()
    post.fail("a.png")
    assert post.woken() == {endpoint_id}

    rescue_until_quiet(post)

    assert len(arrive(post, endpoint_id)) == 1


def test_storage_that_fails_while_it_is_told_delays_it_and_nothing_else(
    post: Delivering, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_id = post.webhook()

    def unavailable(*_: object) -> None:
        raise StorageUnavailableError

    with monkeypatch.context() as patch:
        patch.setattr(type(post.services.outbox), "add", unavailable)
        job = post.complete("a.png", photo)

    assert (job.status, job.unpublished) == ("completed", True)
    assert post.services.uploads.get("a.png") is None
    rescue_until_quiet(post)
    assert len(arrive(post, endpoint_id)) == 1


def test_where_the_list_cannot_be_read_the_end_counts_as_owed(
    post: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_id = post.webhook()
    other = post.process()

    def unavailable(*_: object) -> None:
        raise StorageUnavailableError

    with monkeypatch.context() as patch:
        patch.setattr(type(other.endpoint_table), "read", unavailable)
        job = post.fail("a.png", other)

    assert job.unpublished
    rescue_until_quiet(post)
    assert len(arrive(post, endpoint_id)) == 1


def test_another_process_knows_a_new_webhook_when_its_list_is_too_old(
    post: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = post.process()
    assert other.endpoints.all() == ()
    endpoint_id = post.webhook()

    assert post.fail("a.png", other).published == ()
    monkeypatch.setattr(known_endpoints, "REMEMBERED_S", 0.0)

    assert [key.endpoint_id for key in post.fail("b.png", other).published] == [endpoint_id]


def test_an_upload_that_replaces_one_nobody_was_told_of_tells_of_it_first(
    post: Delivering, die: Callable[[Point], None]
) -> None:
    endpoint_id = post.webhook()
    die(Point.UNPUBLISHED)
    with pytest.raises(Death):
        post.fail("a.png")
    older = post.world.job("a.png")

    newer = post.fail("a.png")
    dispatch(post.services, post.woken())

    events = arrive(post, endpoint_id)
    assert len(events) == 2
    assert newer.upload_etag != older.upload_etag
    assert len(set(post.receivers[endpoint_id].ids)) == 2


def test_a_failed_job_that_is_started_again_tells_of_both_ends(
    post: Delivering, die: Callable[[Point], None]
) -> None:
    endpoint_id = post.webhook()
    die(Point.UNPUBLISHED)
    with pytest.raises(Death):
        post.fail("a.png")

    accept_blob(post.services, "a.png", again=True)
    dispatch(post.services, post.woken())

    assert len(set(post.receivers[endpoint_id].ids)) == 2
