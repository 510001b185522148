"""Each delivery is sent until it is accepted, by one at a time, and none waits for another's."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from errors import StorageUnavailableError
from jobs.breaker import CLOSED
from jobs.delivery import SCHEDULE, Delivery, State, claimed
from jobs.event import EventType
from lifecycle import dispatcher as leading
from lifecycle.deliver import deliver
from lifecycle.dispatcher import dispatch
from lifecycle.endpoints import Change, change_endpoint, delete_endpoint
from lifecycle.failpoints import Point
from lifecycle.lanes import Lane
from lifecycle.rescue import rescue

from .delivering import Death, Delivering, delivering, dying_at

post = pytest.fixture(name="post")(delivering)
LEASE_S = 31


@pytest.fixture
def die(monkeypatch: pytest.MonkeyPatch) -> Callable[[Point], None]:
    return dying_at(monkeypatch)


def go_on(post: Delivering, endpoint_id: str, times: int) -> list[timedelta]:
    """Whatever is due there is sent as soon as it is due, so often; returns the pauses."""
    pauses = []
    for _ in range(times):
        pause = post.due_in(endpoint_id)
        if pause is None:
            break
        pauses.append(pause)
        post.world.clock.advance(seconds=max(0.0, pause.total_seconds()))
        post.dispatch(endpoint_id)
    return pauses


def first_due(post: Delivering, endpoint_id: str) -> Delivery:
    return post.services.outbox.waiting(endpoint_id, 1).deliveries[0]


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


def test_a_receiver_that_was_down_for_two_days_gets_it_within_a_day_of_its_return(
    post: Delivering,
) -> None:
    endpoint_id = post.webhook(otherwise="503")
    job = post.fail("a.png")
    post.dispatch()
    gone = timedelta()
    while gone < timedelta(days=2):
        gone += go_on(post, endpoint_id, 1)[0]

    post.receivers[endpoint_id].behave()
    (waited,) = go_on(post, endpoint_id, 1)

    assert waited < timedelta(hours=24 * 1.1)
    assert post.delivery(job, endpoint_id).state == "delivered"


def test_a_retry_asks_for_its_own_message_and_has_an_alarm_behind_it(post: Delivering) -> None:
    endpoint_id = post.webhook("503:1")
    post.fail("a.png")
    post.woken()
    post.dispatch()

    deadline_s = time.monotonic() + 30
    while not (woken := post.woken()):
        assert time.monotonic() < deadline_s
        time.sleep(0.1)

    assert woken == {endpoint_id}
    due = first_due(post, endpoint_id).due
    rings = [a.at for a in post.world.alarms(minutes=2) if a.endpoint_id == endpoint_id]
    assert any(due < at <= due + timedelta(seconds=46) for at in rings)


def test_of_two_processes_at_once_each_delivery_is_sent_by_one(post: Delivering) -> None:
    endpoint_id = post.webhook()
    jobs = [post.fail(f"{number}.png") for number in range(12)]
    others = [post.process(), post.process()]
    threads = [
        threading.Thread(target=dispatch, args=(each, [endpoint_id]))
        for each in (post.services, *others)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    post.world.clock.advance(seconds=LEASE_S)
    post.dispatch()

    assert Counter(post.receivers[endpoint_id].ids) == {
        job.published[0].delivery_id: 1 for job in jobs
    }


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
    assert first_due(post, endpoint_id).state is State.SENDING


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


def test_a_receiver_that_is_gone_is_disabled_its_others_are_told_and_nothing_more_is_sent(
    post: Delivering,
) -> None:
    gone, other = post.webhook("410"), post.webhook()
    jobs = [post.fail(f"{number}.png") for number in range(3)]

    deliver(post.services, Lane(gone, threading.Lock()), first_due(post, gone))
    post.dispatch()

    endpoint = post.endpoint(gone)
    assert not endpoint.is_enabled
    assert "410" in endpoint.disabled_reason
    states = Counter(post.delivery(job, gone).state for job in jobs)
    assert states == {State.FAILED: 1, State.DROPPED: 2}
    assert len(post.receivers[gone].ids) == 1
    told = [json.loads(each.body) for each in post.receivers[other].received]
    assert [e["data"]["webhook"] for e in told if e["type"] == "endpoint.disabled"] == [gone]
    assert len(told) == 4
    assert post.fail("later.png").published == (
        (other, post.world.job("later.png").published[0][1]),
    )


def test_a_redirect_is_a_failure(post: Delivering) -> None:
    endpoint_id = post.webhook("301")
    job = post.fail("a.png")

    post.dispatch()

    assert post.delivery(job, endpoint_id).last_status == 301
    assert [each.path for each in post.receivers[endpoint_id].received] == ["/hook"]


def test_a_busy_receiver_is_spared_for_as_long_as_it_asks(post: Delivering) -> None:
    endpoint_id = post.webhook("429:1800")
    post.fail("a.png")

    post.dispatch()

    assert timedelta(minutes=29) < post.due_in(endpoint_id) <= timedelta(minutes=30)


def test_a_dead_endpoint_costs_one_attempt_in_a_window_and_one_alarm(post: Delivering) -> None:
    endpoint_id = post.webhook(otherwise="500")
    for number in range(12):
        post.fail(f"{number}.png")
    post.dispatch()
    received = post.receivers[endpoint_id].received
    at_first = len(received)

    post.dispatch()
    post.dispatch()
    assert 5 <= at_first <= 8, "the fifth failure opens the circuit; three more were under way"
    assert len(received) == at_first

    for window_s in (30, 60, 120):
        post.world.clock.advance(seconds=window_s + 1)
        alarms = len(post.world.alarms(days=1))
        post.dispatch()
        post.dispatch()
        at_first += 1
        assert len(received) == at_first
        assert len(post.world.alarms(days=1)) == alarms + 1
    waiting = post.services.outbox.waiting(endpoint_id, 50).deliveries
    assert sum(each.attempts for each in waiting) == len(received), "waiting is no attempt"


def test_when_a_dead_endpoint_is_back_all_that_waited_arrives(post: Delivering) -> None:
    endpoint_id = post.webhook(otherwise="500")
    jobs = [post.fail(f"{number}.png") for number in range(12)]
    post.dispatch()

    post.receivers[endpoint_id].behave()
    post.world.clock.advance(minutes=10)
    post.dispatch()

    assert {post.delivery(job, endpoint_id).state for job in jobs} == {"delivered"}
    assert post.services.outbox.waiting(endpoint_id, 1).breaker == CLOSED


def test_a_receiver_that_hangs_delays_nobody_else(post: Delivering) -> None:
    hanging = [post.webhook(otherwise="hang") for _ in range(3)]
    healthy = [post.webhook() for _ in range(3)]
    for number in range(8):
        post.fail(f"{number}.png")
    at_the_end = {}

    def note(received, behaviour) -> None:
        still = sum(post.receivers[each].answered == [] for each in hanging)
        at_the_end[len(at_the_end)] = still

    for each in healthy:
        post.receivers[each].on_request = note
    post.dispatch()

    assert len(at_the_end) == 3 * 8
    assert set(at_the_end.values()) == {3}, "all had arrived before the first hanging one ended"


def test_messages_do_not_wait_for_a_receiver_that_hangs(post: Delivering) -> None:
    hanging, healthy = (
        post.webhook(otherwise="hang"),
        post.webhook(events=[EventType.JOB_COMPLETED]),
    )
    post.fail("a.png")
    leader = threading.Thread(target=post.dispatch, args=(hanging,))
    leader.start()
    while not post.receivers[hanging].ids:
        time.sleep(0.01)

    post.dispatch(healthy)

    assert leader.is_alive(), "this one only brought its endpoint, and went"
    leader.join()


def test_after_its_time_a_leader_leaves_the_rest_to_another(
    post: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_id = post.webhook()
    for number in range(3):
        post.fail(f"{number}.png")
    post.woken()
    monkeypatch.setattr(leading, "LEAD_LIMIT_S", 0.0)

    post.dispatch()

    assert post.receivers[endpoint_id].ids == []
    assert post.woken() == {endpoint_id}


def test_at_sigterm_nothing_more_is_sent_and_what_is_under_way_may_end(post: Delivering) -> None:
    slow, waits = post.webhook(otherwise="hang"), post.webhook(events=[EventType.JOB_FAILED])
    job = post.fail("a.png")
    post.woken()
    shutdown = post.services.shutdown
    post.receivers[slow].on_request = lambda received, behaviour: shutdown.request()
    post.receivers[waits].on_request = lambda received, behaviour: shutdown.request()

    post.dispatch(slow)

    assert shutdown.drain(limit_s=1)
    assert post.delivery(job, slow).error_code == "DELIVERY_TIMEOUT"
    shutdown.is_requested = False
    post.dispatch()
    assert post.delivery(job, waits).state == "delivered"


def test_deliveries_to_a_deleted_endpoint_are_dropped(post: Delivering) -> None:
    endpoint_id = post.webhook(otherwise="500")
    jobs = [post.fail(f"{number}.png") for number in range(3)]
    post.dispatch()

    delete_endpoint(post.services, endpoint_id)

    assert {post.delivery(job, endpoint_id).state for job in jobs} == {"dropped"}
    assert post.due_in(endpoint_id) is None


def test_what_is_written_for_an_endpoint_that_is_gone_is_dropped_by_who_looks(
    post: Delivering,
) -> None:
    endpoint_id = post.webhook()
    other = post.process()
    other.endpoints.all()
    delete_endpoint(post.services, endpoint_id)
    job = post.fail("a.png", other)

    post.dispatch()

    assert post.delivery(job, endpoint_id).state == "dropped"
    assert post.receivers[endpoint_id].ids == []


def test_what_waits_for_an_endpoint_that_is_disabled_is_dropped(post: Delivering) -> None:
    endpoint_id = post.webhook(otherwise="500")
    job = post.fail("a.png")
    post.dispatch()

    change_endpoint(post.services, endpoint_id, Change(is_enabled=False))

    assert post.delivery(job, endpoint_id).state == "dropped"


def test_what_is_too_old_is_given_up_without_another_attempt(post: Delivering) -> None:
    endpoint_id = post.webhook()
    job = post.fail("a.png")

    post.world.clock.advance(hours=81)
    post.dispatch()

    assert post.delivery(job, endpoint_id).state == "failed"
    assert post.receivers[endpoint_id].ids == []


def test_a_delivery_whose_every_attempt_died_is_given_up(post: Delivering) -> None:
    endpoint_id = post.webhook()
    job = post.fail("a.png")
    for number in range(10):
        found = first_due(post, endpoint_id)
        post.services.outbox.move(found, claimed(found, f"a{number}", post.services.clock()))
        post.world.clock.advance(seconds=LEASE_S)

    post.dispatch()

    assert post.delivery(job, endpoint_id).state == "failed"


def test_an_endpoint_that_only_fails_for_five_days_is_disabled(post: Delivering) -> None:
    dead = post.webhook(otherwise="500")
    for day in range(6):
        post.fail(f"{day}.png")
        post.dispatch()
        post.world.clock.advance(hours=24)

    post.fail("last.png")
    post.dispatch()

    endpoint = post.endpoint(dead)
    assert not endpoint.is_enabled
    assert "five days" in endpoint.disabled_reason


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


def test_more_than_is_held_in_memory_is_sent_all_the_same(
    post: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lifecycle.look.MOST", 3)
    endpoint_id = post.webhook()
    for number in range(10):
        post.fail(f"{number}.png")

    post.dispatch()

    assert len(set(post.receivers[endpoint_id].ids)) == 10


def test_storage_that_fails_while_it_is_looked_at_ends_nothing_for_good(
    post: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_id = post.webhook()
    post.fail("a.png")

    def unavailable(*_: object) -> None:
        raise StorageUnavailableError

    with monkeypatch.context() as patch:
        patch.setattr(type(post.services.outbox), "waiting", unavailable)
        post.dispatch()
    post.dispatch()

    assert len(post.receivers[endpoint_id].ids) == 1


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
