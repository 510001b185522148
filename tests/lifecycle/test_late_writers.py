"""What is still on its way when a job has moved on: it comes too late, and is refused."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from integrations.results import NewResult, ResultExistsError
from jobs.alarm import Alarm, Kind
from jobs.marks import Marks
from lifecycle import failpoints
from lifecycle.alarm import answer_alarm
from lifecycle.attempt import run_attempt
from lifecycle.failpoints import Point
from lifecycle.intake import accept_blob
from worker.exclusive import SharedExclusiveLock

from .conftest import World


class Death(BaseException):
    """What ends a process is no Exception."""


def die_at(last: Point, work: Callable[[], object]) -> None:
    """Does the work until that point."""

    def reached(point: Point) -> None:
        if point is last:
            raise Death

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(failpoints, "reached", reached)
        with pytest.raises(Death):
            work()


def test_an_adopted_result_is_not_replaced_by_an_attempt_that_lost_the_job(
    world: World, photo: bytes, tmp_path: Path
) -> None:
    message = world.accept("a.png", photo)
    die_at(Point.STORED, lambda: run_attempt(world.services, message))
    seen_by_the_slow_attempt = world.services.results.get("a.webp")
    world.clock.advance(minutes=1)
    run_attempt(world.services, message)
    assert world.job("a.png").attempts == 2
    served = world.output("a.webp")

    (tmp_path / "late").write_bytes(b"another encoding")
    with pytest.raises(ResultExistsError):
        world.services.results.store(
            NewResult("a.webp", tmp_path / "late", "image/webp", Marks()), seen_by_the_slow_attempt
        )

    assert world.output("a.webp") == served
    stored = world.services.results.get("a.webp")
    assert stored is not None
    assert stored.etag == world.job("a.png").result.etag


def test_an_upload_that_was_replaced_and_then_deleted_is_answered_at_once(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)
    download = world.services.uploads.download

    def replaced_meanwhile(*args, **options):
        world.put("a.png", photo + b" ")
        try:
            return download(*args, **options)
        finally:
            world.services.uploads._container.delete_blob("a.png")

    monkeypatch.setattr(world.services.uploads, "download", replaced_meanwhile)

    run_attempt(world.services, message)

    assert world.job("a.png").error_code == "SOURCE_GONE"


def test_an_alarm_that_was_late_itself_is_followed_by_another_before_the_row(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put("a.png", photo)
    set_alarm, set_for = world.services.alarms.set, []

    def slow(alarm):
        set_for.append(alarm.at)
        set_alarm(alarm)
        if len(set_for) == 1:
            world.clock.advance(minutes=2)

    monkeypatch.setattr(world.services.alarms, "set", slow)
    die_at(Point.INTAKE_ALARM, lambda: accept_blob(world.services, "a.png"))

    alarms = world.services.alarms.due(Kind.WAITING, world.clock() + timedelta(minutes=9))
    assert max(alarm.at for alarm in alarms) > world.clock()


@pytest.mark.parametrize("point", [Point.WOKEN_ROW, Point.IN_HISTORY])
def test_what_is_due_is_done_under_the_eye_of_the_next_alarm(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch, point: Point
) -> None:
    """The one that rang may have been cleared by a tick that found no row yet."""
    message = world.accept("a.png", photo)
    if point is Point.IN_HISTORY:
        run_attempt(world.services, message)
    world.clock.advance(minutes=11)
    rang = Alarm(Kind.ENDED, "a.png", world.clock())
    world.clear_alarms()

    die_at(point, lambda: answer_alarm(world.services, rang))

    assert world.alarms(days=31)


def test_an_attempt_that_lost_the_job_adopts_nothing_more(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)
    die_at(Point.STORED, lambda: run_attempt(world.services, message))
    world.clock.advance(minutes=1)
    look, slow = world.services.results.get, []
    another_worker = replace(world.services, worker_lock=SharedExclusiveLock())

    def sleep_past_the_lease(name: str):
        if not slow:
            slow.append(name)
            world.clock.advance(minutes=1)
            run_attempt(another_worker, message)
        return look(name)

    monkeypatch.setattr(world.services.results, "get", sleep_past_the_lease)
    run_attempt(world.services, message)

    stored = look("a.webp")
    assert stored is not None
    assert stored.etag == world.job("a.png").result.etag


def test_a_damaged_result_of_an_earlier_attempt_makes_way(world: World, photo: bytes) -> None:
    message = world.accept("a.png", photo)
    die_at(Point.STORED, lambda: run_attempt(world.services, message))
    stored = world.services.results.get("a.webp")
    assert stored is not None
    world.services.results.client("a.webp").upload_blob(
        b"damaged", overwrite=True, metadata=stored.marks.write()
    )
    world.clock.advance(minutes=1)

    run_attempt(world.services, message)

    assert (world.job("a.png").status, world.job("a.png").attempts) == ("completed", 2)
    assert hashlib.sha256(world.output("a.webp")).hexdigest() == stored.marks.sha256
