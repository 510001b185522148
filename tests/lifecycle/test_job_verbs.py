"""What a client may do to a job: cancel it, and have it tried again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from jobs.job import Status
from lifecycle.attempt import run_attempt
from lifecycle.failpoints import Point
from lifecycle.job_verbs import cancel_job, requeue_job
from lifecycle.rescue import rescue
from lifecycle.sweep import sweep

from .conftest import World
from .job_changes import Death, acting, cancelled, code, die, results, run_all

HOUR = timedelta(hours=1)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[Point, Callable[[], object]], None]:
    """Does something when that moment comes for the first time."""
    return acting(monkeypatch)


# Cancel.


def test_a_job_that_waits_is_cancelled_once_and_its_upload_goes(world: World, photo: bytes) -> None:
    message = world.accept("a.png", photo)

    job = cancel_job(world.services, "a.png")

    assert (job.status, job.error_code) == (Status.FAILED, "CANCELLED")
    assert world.services.uploads.get("a.png") is None
    assert code(cancel_job, world, "a.png") == "ALREADY_SETTLED"
    run_attempt(world.services, message)
    assert world.job("a.png") == job


def test_what_no_trigger_has_noticed_yet_can_be_cancelled(world: World, photo: bytes) -> None:
    world.put("a.png", photo)

    assert cancel_job(world.services, "a.png").error_code == "CANCELLED"
    assert code(cancel_job, world, "nobody.png") == "UNKNOWN_JOB"


def test_an_upload_may_be_kept_and_goes_as_that_of_any_failed_job(
    world: World, photo: bytes
) -> None:
    world.accept("a.png", photo)

    cancelled(world, "a.png")

    assert world.services.uploads.get("a.png")
    sweep(world.services)
    assert world.services.uploads.get("a.png")
    world.clock.advance(hours=25)
    assert code(cancel_job, world, "a.png") == "EXPIRED"
    sweep(world.services)
    assert world.services.uploads.get("a.png") is None


@pytest.mark.parametrize("point", [Point.CLAIMED, Point.DOWNLOADED, Point.COMPRESSED, Point.STORED])
def test_a_running_attempt_of_a_cancelled_job_changes_nothing_more(
    world: World, photo: bytes, at: Any, point: Point
) -> None:
    message = world.accept("a.png", photo)
    at(point, lambda: cancel_job(world.services, "a.png"))

    run_attempt(world.services, message)

    assert world.job("a.png").error_code == "CANCELLED"
    world.clock.advance(minutes=11)
    sweep(world.services)
    assert results(world) == []
    assert world.job("a.png").error_code == "CANCELLED"


def test_who_completes_a_job_first_wins_over_who_cancels_it(
    world: World, photo: bytes, at: Any
) -> None:
    """D-63, the other way round."""
    message, codes = world.accept("a.png", photo), []
    at(Point.COMPLETED, lambda: codes.append(code(cancel_job, world, "a.png")))

    run_attempt(world.services, message)

    assert codes == ["ALREADY_SETTLED"]
    assert world.job("a.png").status is Status.COMPLETED
    assert results(world) == ["a.webp"]


def test_a_death_in_a_cancellation_leaves_a_cancelled_job_whose_upload_goes_later(
    world: World, photo: bytes, at: Any
) -> None:
    world.accept("a.png", photo)
    at(Point.CANCELLED, die)

    with pytest.raises(Death):
        cancel_job(world.services, "a.png")

    assert world.job("a.png").error_code == "CANCELLED"
    world.clock.advance(hours=25)
    sweep(world.services)
    assert world.services.uploads.get("a.png") is None


# Requeue.


def test_a_failed_job_is_tried_again_once_as_if_it_were_new(world: World, photo: bytes) -> None:
    world.accept("a.png", photo)
    cancelled(world, "a.png")

    again = requeue_job(world.services, "a.png", {"image_output": "avif", "reference": "again"})

    assert (again.status, again.attempts, again.error_code) == (Status.QUEUED, 0, None)
    assert (again.order.image_output, again.order.reference) == ("avif", "again")
    assert code(requeue_job, world, "a.png", {}) == "NOT_FAILED"
    run_all(world)
    job = world.job("a.png")
    assert (job.status, job.result_name) == (Status.COMPLETED, "a.avif")
    assert [each.to for each in job.timeline] == [
        *("queued", "failed", "queued", "processing", "completed")
    ]


def test_what_has_no_upload_any_more_or_did_not_fail_is_not_tried_again(
    world: World, photo: bytes, at: Any
) -> None:
    codes: list[str] = []
    assert code(requeue_job, world, "a.png", {}) == "UNKNOWN_JOB"
    message = world.accept("a.png", photo)
    assert code(requeue_job, world, "a.png", {}) == "NOT_FAILED"
    at(Point.CANCELLED, lambda: codes.append(code(requeue_job, world, "a.png", {})))
    cancel_job(world.services, "a.png")
    assert [*codes, code(requeue_job, world, "a.png", {})] == ["SOURCE_GONE"] * 2

    message = world.accept("b.png", photo)
    run_attempt(world.services, message)

    assert code(requeue_job, world, "b.png", {}) == "NOT_FAILED"


def test_an_unknown_option_is_refused_until_others_are_given(world: World, photo: bytes) -> None:
    world.put("a.png", photo, mp_quality="best")
    assert code(cancel_job, world, "a.png") == "ALREADY_SETTLED"

    assert code(requeue_job, world, "a.png", {}) == "INVALID_OPTION"
    assert code(requeue_job, world, "a.png", {"quality": "best"}) == "INVALID_OPTION"
    assert code(requeue_job, world, "a.png", {"image_output": "webp"}) == ""


def test_an_empty_file_stays_refused(world: World) -> None:
    world.put("a.png", b"")

    assert code(requeue_job, world, "a.png", {"image_output": "webp"}) == "EMPTY_FILE"
    assert world.job("a.png").is_failed


def test_a_death_before_the_message_is_made_up_for_by_the_rescue(
    world: World, photo: bytes, at: Any
) -> None:
    world.accept("a.png", photo)
    cancelled(world, "a.png")
    at(Point.RESTARTED, die)

    with pytest.raises(Death):
        requeue_job(world.services, "a.png", {})
    world.clock.advance(minutes=2)
    rescue(world.services)
    run_all(world)

    assert world.job("a.png").status is Status.COMPLETED


def test_a_result_of_an_earlier_order_is_not_taken_for_that_of_a_later_one(
    world: World, photo: bytes, at: Any
) -> None:
    message = world.accept("a.png", photo, mp_keep_copyright="false")
    at(Point.STORED, lambda: cancelled(world, "a.png"))
    run_attempt(world.services, message)
    (earlier,) = world.services.results.all()
    requeue_job(world.services, "a.png", {"keep_copyright": True})
    at(Point.ANNOUNCED, die)
    (message,) = world.take_messages()
    with pytest.raises(Death):
        run_attempt(world.services, message)
    world.clock.advance(minutes=1)

    run_attempt(world.services, message)

    job = world.job("a.png")
    assert (job.status, job.attempts, job.result_name) == (Status.COMPLETED, 2, earlier.name)
    stored = world.services.results.get(earlier.name)
    assert stored is not None
    assert earlier.marks.order != stored.marks.order == job.order.digest
