"""Each delivery is attempted until it is accepted, by one at a time, and each attempt is logged."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from errors import StorageUnavailableError
from jobs.breaker import CLOSED
from jobs.delivery import SCHEDULE, DeliveryState, claimed
from lifecycle.deliver import deliver
from lifecycle.dispatcher import dispatch
from lifecycle.failpoints import Point
from lifecycle.lanes import Lane
from lifecycle.rescue import rescue

from .delivering import Death, Delivering, first_due, go_on


def test_a_receiver_that_failed_gets_it_with_the_next_attempt_and_the_log_has_both(
    post: Delivering,
) -> None:
    endpoint_id = post.webhook("500", "hang")
    job = post.fail("a.png")

    post.dispatch()
    go_on(post, endpoint_id, 2)

    logged = post.services.outbox.logged(post.delivery(job, endpoint_id).key)
    assert logged.delivery.state == "delivered"
    assert [(a.number, a.status, a.error_code) for a in logged.attempts] == [
        (1, 500, "DELIVERY_STATUS"),
        (2, None, "DELIVERY_TIMEOUT"),
        (3, 200, None),
    ]
    assert len(set(post.receivers[endpoint_id].ids)) == 1
    assert post.services.outbox.waiting(endpoint_id, 1).breaker == CLOSED


def test_a_receiver_that_never_answers_well_gets_ten_attempts_at_their_times(
    post: Delivering,
) -> None:
    endpoint_id = post.webhook(otherwise="500")
    job = post.fail("a.png")

    post.dispatch()
    pauses = go_on(post, endpoint_id, 20)

    for pause, scheduled in zip(pauses, SCHEDULE[1:], strict=True):
        assert abs(pause - scheduled) <= scheduled * 0.15
    delivery = post.delivery(job, endpoint_id)
    assert (delivery.state, delivery.attempts) == ("failed", 10)
    assert len(post.receivers[endpoint_id].ids) == 10
    assert len(set(post.receivers[endpoint_id].ids)) == 1


def next_pause(post: Delivering, endpoint_id: str) -> timedelta:
    pause = post.due_in(endpoint_id)
    assert pause is not None, "it was given up too early"
    return pause


def test_a_receiver_that_was_down_for_two_days_gets_it_within_a_day_of_its_return(
    post: Delivering,
) -> None:
    endpoint_id = post.webhook(otherwise="503")
    job = post.fail("a.png")
    post.dispatch()
    gone, two_days = timedelta(), timedelta(days=2)
    while gone + next_pause(post, endpoint_id) < two_days:
        gone += go_on(post, endpoint_id, 1)[0]

    post.receivers[endpoint_id].behave()
    (waited,) = go_on(post, endpoint_id, 1)

    assert waited < timedelta(hours=24 * 1.1)
    assert post.delivery(job, endpoint_id).state == "delivered"


def test_a_retry_asks_for_its_own_message(post: Delivering) -> None:
    endpoint_id = post.webhook("503:1")
    post.fail("a.png")
    post.woken()
    post.dispatch()

    deadline_s = time.monotonic() + 30
    while not (woken := post.woken()):
        assert time.monotonic() < deadline_s
        time.sleep(0.1)

    assert woken == {endpoint_id}


def test_a_retry_has_an_alarm_behind_it(post: Delivering) -> None:
    endpoint_id = post.webhook("503:600")
    post.fail("a.png")

    post.dispatch()

    due = first_due(post, endpoint_id).due
    rings = [a.at for a in post.world.alarms(minutes=20) if a.endpoint_id == endpoint_id]
    assert any(due < at <= due + timedelta(seconds=46) for at in rings)


@pytest.mark.parametrize(
    ("point", "sent"),
    [(Point.DELIVERY_CLAIMED, 1), (Point.DELIVERY_SENT, 2), (Point.DELIVERY_ROW, 1)],
)
def test_a_death_while_it_is_sent_costs_a_repetition_with_the_same_id(
    post: Delivering, die: Callable[[Point], None], point: Point, sent: int
) -> None:
    endpoint_id = post.webhook()
    job = post.fail("a.png")
    post.woken()
    lane = Lane(endpoint_id, threading.Lock())
    die(point)
    with pytest.raises(Death):
        deliver(post.services, lane, first_due(post, endpoint_id))
    post.dispatch()
    at_once = len(post.receivers[endpoint_id].ids)

    post.world.clock.advance(seconds=75)
    rescue(post.services)
    post.world.clock.advance(seconds=45)
    rescue(post.services)
    dispatch(post.services, post.woken())

    assert at_once == (0 if point is Point.DELIVERY_CLAIMED else 1), "its lease was respected"
    assert len(post.receivers[endpoint_id].ids) == sent
    assert len(set(post.receivers[endpoint_id].ids)) == 1
    delivery = post.delivery(job, endpoint_id)
    assert (delivery.state, delivery.attempts) == (
        "delivered",
        1 + (point is not Point.DELIVERY_ROW),
    )


def test_an_attempt_that_slept_through_its_lease_sends_nothing(
    post: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_id = post.webhook()
    post.fail("a.png")
    sleeps = lambda point: (  # noqa: E731 -- a moment of the product's
        post.world.clock.advance(seconds=15) if point is Point.DELIVERY_CLAIMED else None
    )
    monkeypatch.setattr("lifecycle.failpoints.reached", sleeps)

    post.dispatch()

    assert post.receivers[endpoint_id].ids == []
    assert first_due(post, endpoint_id).state is DeliveryState.SENDING


def test_a_result_that_comes_after_another_attempt_began_is_not_taken_for_its(
    post: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_id = post.webhook()
    job = post.fail("a.png")

    def another_begins(point: Point) -> None:
        if point is Point.DELIVERY_SENT:
            monkeypatch.undo()
            mine = first_due(post, endpoint_id)
            post.services.outbox.move(mine, claimed(mine, "other", post.services.clock()))

    monkeypatch.setattr("lifecycle.failpoints.reached", another_begins)
    post.dispatch()

    delivery = post.delivery(job, endpoint_id)
    assert (delivery.state, delivery.attempt_id) == ("sending", "other")


def test_the_signature_has_the_time_of_storage_whatever_this_machines_clock_says(
    post: Delivering,
) -> None:
    endpoint_id = post.webhook()
    post.world.clock.advance(days=3)  # as storage would have it
    post.fail("a.png")

    post.dispatch()

    (came,) = post.receivers[endpoint_id].received
    ahead_s = int(came.headers["webhook-timestamp"]) - time.time()
    assert timedelta(days=3, minutes=-1) < timedelta(seconds=ahead_s) < timedelta(days=3, minutes=1)


@pytest.mark.parametrize("error", [ZeroDivisionError, StorageUnavailableError])
def test_what_nobody_foresaw_costs_an_attempt_and_holds_nobody(
    post: Delivering, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    endpoint_id, healthy = post.webhook(), post.webhook()
    job = post.fail("a.png")
    address = post.endpoint(endpoint_id).url
    destination = next(iter(post.services.destinations.values()))
    send = destination.send

    def fails(self, attempt):
        if attempt.endpoint.url == address:
            raise error
        return send(attempt)

    with monkeypatch.context() as patch:
        patch.setattr(type(destination), "send", fails)
        post.dispatch()

    assert post.delivery(job, healthy).state == "delivered"
    delivery = post.delivery(job, endpoint_id)
    assert (delivery.state, delivery.error_code) == ("waiting", "DELIVERY_FAILED")
