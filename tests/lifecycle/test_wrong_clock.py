"""Machines whose clocks are minutes apart still agree on leases and retention."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jobs.alarm import Alarm, Kind
from lifecycle import services as services_room
from lifecycle.alarm import answer_alarm
from lifecycle.attempt import run_attempt
from lifecycle.services import Services, connect
from lifecycle.sweep import sweep

from .conftest import World


def machine(world: World, monkeypatch: pytest.MonkeyPatch, **ahead: float) -> Services:
    """Another one, whose clock is that much ahead."""
    monkeypatch.setattr(services_room, "utc_now", lambda: datetime.now(UTC) + timedelta(**ahead))
    return connect(world.services.settings)


def test_a_machine_ahead_takes_no_job_from_a_living_attempt(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)
    world.claim("a.png", "living", timedelta(seconds=45))

    run_attempt(machine(world, monkeypatch, minutes=5), message)

    assert world.job("a.png").lease.attempt_id == "living"


def test_a_machine_ahead_deletes_no_result_before_its_time(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_attempt(world.services, world.accept("a.png", photo))

    sweep(machine(world, monkeypatch, minutes=15))

    assert world.output("a.webp")


def test_what_a_machine_behind_claims_is_claimed_until_the_true_time(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)

    run_attempt(machine(world, monkeypatch, minutes=-5), message)

    completed_at = world.job("a.png").completed_at
    assert completed_at
    assert abs(completed_at - world.clock()) < timedelta(seconds=10)


def test_nothing_is_deleted_as_long_as_storage_told_no_time(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_attempt(world.services, world.accept("a.png", photo))
    ahead = machine(world, monkeypatch, minutes=15)
    monkeypatch.setattr(ahead.jobs, "is_reachable", lambda: False)

    sweep(ahead)

    assert world.output("a.webp")


def test_an_alarm_that_rang_too_early_stays_though_its_row_is_still_to_come(world: World) -> None:
    alarm = Alarm(Kind.WAITING, "a.png", world.clock() + timedelta(minutes=1))
    world.services.alarms.set(alarm)

    answer_alarm(world.services, alarm)  # by a clock that was ahead until a moment ago

    later = world.clock() + timedelta(minutes=2)
    assert list(world.services.alarms.due(Kind.WAITING, later)) == [alarm]


def test_an_alarm_that_turns_out_to_be_early_stays(world: World, photo: bytes) -> None:
    """The clock is set right between the two questions whether it is time."""
    world.accept("a.png", photo)
    soon = world.clock() + timedelta(minutes=1)
    (alarm,) = world.services.alarms.due(Kind.WAITING, soon)
    times = iter([soon])

    answer_alarm(replace(world.services, clock=lambda: next(times, world.clock())), alarm)

    assert list(world.services.alarms.due(Kind.WAITING, soon)) == [alarm]
