"""The net under deliveries: an alarm stands while anything is due, and it costs little."""

from datetime import UTC, datetime, timedelta

import pytest

from jobs.alarm import Alarm, Kind, alarm_of_endpoint
from jobs.delivery import DeliveryState
from lifecycle.alarm import answer_alarm
from lifecycle.deliveries import replay
from lifecycle.delivery_alarm import set_alarm_for
from lifecycle.rescue import rescue
from lifecycle.set_alarms import SetAlarms
from lifecycle.sweep import sweep
from lifecycle.tick import Done

from .delivering import Delivering


def alarms(post: Delivering, endpoint_id: str, **ahead: float) -> list[Alarm]:
    found = post.world.alarms(**ahead)
    return [each for each in found if each.endpoint_id == endpoint_id and each.kind is Kind.WAITING]


def test_deliveries_of_one_second_have_one_alarm_and_those_of_a_day_one_to_forget_them(
    post: Delivering,
) -> None:
    endpoint_id = post.webhook()
    for number in range(6):
        post.fail(f"{number}.png")

    found = [each for each in post.world.alarms(days=40) if each.endpoint_id == endpoint_id]

    seconds = {each.at for each in found if each.kind is Kind.WAITING}
    assert len(seconds) == len([each for each in found if each.kind is Kind.WAITING])
    assert len([each for each in found if each.kind is Kind.ENDED]) == 1


def test_while_anything_waits_an_alarm_stands_and_then_none(post: Delivering) -> None:
    endpoint_id = post.webhook(otherwise="503")
    post.fail("a.png")
    for _ in range(30):
        post.world.clock.advance(minutes=20)
        rescue(post.services)
        post.dispatch()
        assert alarms(post, endpoint_id, hours=30)

    post.receivers[endpoint_id].behave()
    post.world.clock.advance(hours=20)
    post.dispatch()
    post.world.clock.advance(hours=2)
    rescue(post.services)
    post.world.clock.advance(hours=30)
    rescue(post.services)

    assert post.due_in(endpoint_id) is None
    assert alarms(post, endpoint_id, days=9) == []


def test_an_open_circuit_is_left_alone_until_its_window_is_over(post: Delivering) -> None:
    endpoint_id = post.webhook(otherwise="500")
    for number in range(7):
        post.fail(f"{number}.png")
    post.dispatch()
    post.world.clock.advance(seconds=31)
    post.dispatch()  # now it is open for a minute
    post.woken()

    post.world.clock.advance(seconds=50)
    rescue(post.services)
    assert post.woken() == set()

    post.world.clock.advance(seconds=60)
    rescue(post.services)
    assert post.woken() == {endpoint_id}


def test_of_many_alarms_of_one_endpoint_one_is_looked_into(
    post: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_id = post.webhook(otherwise="503")
    post.fail("a.png")
    for seconds in range(5):
        set_alarm_for(post.services, endpoint_id, post.world.clock() + timedelta(seconds=seconds))
    looks, waiting = [], post.services.outbox.waiting
    monkeypatch.setattr(
        type(post.services.outbox),
        "waiting",
        lambda _, *args: looks.append(args) or waiting(*args),
    )

    post.world.clock.advance(minutes=2)
    counts = rescue(post.services)

    assert len(looks) == 1
    assert counts[Done.DISPATCHER_WOKEN] == 1
    assert len(alarms(post, endpoint_id, minutes=5)) == 1


def test_an_alarm_rings_too_early_for_a_clock_that_was_ahead(post: Delivering) -> None:
    endpoint_id = post.webhook()
    post.fail("a.png")
    post.woken()
    (alarm,) = alarms(post, endpoint_id, minutes=2)
    assert answer_alarm(post.services, alarm) is None

    assert alarms(post, endpoint_id, minutes=2) == [alarm]
    assert post.woken() == set()


def test_of_two_alarms_the_one_that_is_still_to_come_stays(post: Delivering) -> None:
    endpoint_id = post.webhook(otherwise="503")
    post.fail("a.png")
    (rang,) = alarms(post, endpoint_id, minutes=2)
    later = set_alarm_for(post.services, endpoint_id, post.world.clock() + timedelta(minutes=1))
    post.world.clock.advance(seconds=60)
    one_tick = post.services.for_one_tick()

    for alarm in (rang, later):
        answer_alarm(one_tick, alarm)

    left = alarms(post, endpoint_id, minutes=5)
    assert rang not in left
    assert later in left


def test_what_is_remembered_of_set_alarms_is_bounded_and_never_believed_too_long() -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    known, alarm = SetAlarms(), alarm_of_endpoint("e", now)
    known.add(alarm)

    assert known.stands(alarm, now)
    assert not known.stands(alarm, alarm.at - timedelta(seconds=10))
    assert not known.stands(alarm_of_endpoint("f", now), now)
    for number in range(10_000):
        known.add(alarm_of_endpoint(f"e{number}", now))
    assert not known.stands(alarm, now)


def test_old_deliveries_are_removed_with_their_logs(post: Delivering) -> None:
    endpoint_id = post.webhook("500")
    job = post.fail("a.png")
    post.dispatch()
    post.world.clock.advance(seconds=6)
    post.dispatch()
    key = post.delivery(job, endpoint_id).key
    post.world.clock.advance(days=29)
    sweep(post.services)
    assert post.services.outbox.logged(key)

    post.world.clock.advance(days=4)
    counts = sweep(post.services)

    assert counts[Done.DELIVERIES_FORGOTTEN] == 1
    assert post.services.outbox.page(endpoint_id) == ([], None)
    assert [a for a in post.world.alarms(days=90) if a.endpoint_id] == []


def test_an_old_delivery_that_waits_again_is_removed_later(post: Delivering) -> None:
    endpoint_id = post.webhook()
    job = post.fail("a.png")
    post.dispatch()
    key = post.delivery(job, endpoint_id).key
    post.world.clock.advance(days=31)
    replay(post.services, endpoint_id, key.delivery_id)

    post.world.clock.advance(days=2)
    sweep(post.services)
    assert post.services.outbox.get(key).state is DeliveryState.WAITING

    post.dispatch()
    post.world.clock.advance(days=2)
    sweep(post.services)
    assert post.services.outbox.get(key) is None
