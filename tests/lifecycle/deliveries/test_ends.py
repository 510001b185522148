"""How deliveries end that are not accepted: dead, gone, disabled, deleted, too late."""

import json
import threading
from collections import Counter
from datetime import timedelta

from jobs.breaker import CLOSED
from jobs.delivery import DeliveryState, claimed
from lifecycle.deliver import deliver
from lifecycle.endpoints import Change, change_endpoint, delete_endpoint
from lifecycle.job_verbs import cancel_job, requeue_job
from lifecycle.lanes import Lane

from .delivering import (
    LEASE_S,
    Delivering,
    first_due,
)


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
    assert states == {DeliveryState.FAILED: 1, DeliveryState.DROPPED: 2}
    assert len(post.receivers[gone].ids) == 1
    told = [json.loads(each.body) for each in post.receivers[other].received]
    assert [e["data"]["webhook"] for e in told if e["type"] == "endpoint.disabled"] == [gone]
    assert len(told) == 4
    assert post.fail("later.png").published == (
        (other, post.world.job("later.png").published[0][1]),
    )


def test_the_end_of_a_cancelled_job_is_told_and_so_is_its_next(
    post: Delivering, photo: bytes
) -> None:
    endpoint_id = post.webhook()
    post.world.put("a.png", photo)

    cancel_job(post.services, "a.png", keep=True)
    requeue_job(post.services, "a.png", {})
    cancel_job(post.services, "a.png")
    post.dispatch()

    told = [json.loads(each.body) for each in post.receivers[endpoint_id].received]
    assert [each["type"] for each in told] == ["job.failed"] * 2
    assert [each["data"]["error_code"] for each in told] == ["CANCELLED"] * 2
    assert len({each.headers["webhook-id"] for each in post.receivers[endpoint_id].received}) == 2


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
