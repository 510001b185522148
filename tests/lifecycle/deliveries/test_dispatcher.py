"""Much is sent at a time, and none waits for another receiver than its own."""

import threading
import time
from collections import Counter

import pytest

from errors import StorageUnavailableError
from jobs.event import EventType
from lifecycle import dispatcher as leading
from lifecycle.dispatcher import dispatch

from .delivering import LEASE_S, Delivering


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
