"""What a client may do to a job that has ended: keep it for longer, and delete it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from jobs.job import Status
from lifecycle.attempt import run_attempt
from lifecycle.failpoints import Point
from lifecycle.job_verbs import delete_job, extend_job, requeue_job
from lifecycle.links import deletes_at, has_expired
from lifecycle.sweep import sweep

from .conftest import World
from .job_changes import Death, acting, cancelled, code, die, results

HOUR = timedelta(hours=1)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[Point, Callable[[], object]], None]:
    """Does something when that moment comes for the first time."""
    return acting(monkeypatch)


# Extend.


def test_a_result_is_kept_for_longer_and_never_for_less(world: World, photo: bytes) -> None:
    run_attempt(world.services, world.accept("a.png", photo))

    job = extend_job(world.services, "a.png", HOUR)
    until = deletes_at(world.services, job)
    assert extend_job(world.services, "a.png", HOUR / 2) == job

    world.clock.advance(minutes=50)
    sweep(world.services)
    assert results(world) == ["a.webp"]
    assert deletes_at(world.services, world.job("a.png")) == until
    world.clock.advance(minutes=11)
    sweep(world.services)
    assert results(world) == []
    assert code(extend_job, world, "a.png", HOUR) == "EXPIRED"


def test_the_upload_of_a_failed_job_is_kept_for_longer(world: World, photo: bytes) -> None:
    world.accept("a.png", photo)
    assert code(extend_job, world, "a.png", HOUR) == "NOT_SETTLED"
    cancelled(world, "a.png")

    extend_job(world.services, "a.png", 48 * HOUR)
    world.clock.advance(hours=25)
    sweep(world.services)

    assert code(requeue_job, world, "a.png", {}) == ""


# Delete.


def test_all_of_a_completed_job_goes_at_once_and_its_past_stays(world: World, photo: bytes) -> None:
    run_attempt(world.services, world.accept("a.png", photo))

    delete_job(world.services, "a.png")

    assert results(world) == []
    assert world.past("a.png").status is Status.EXPIRED
    assert code(delete_job, world, "a.png") == ""
    assert code(delete_job, world, "nobody.png") == "UNKNOWN_JOB"


def test_a_job_that_waits_is_cancelled_and_deleted_but_no_attempt_is_interrupted(
    world: World, photo: bytes
) -> None:
    world.accept("a.png", photo)
    world.claim("a.png", "one")
    assert code(delete_job, world, "a.png") == "NOT_SETTLED"
    world.accept("b.png", photo)

    delete_job(world.services, "b.png")

    assert world.services.uploads.get("b.png") is None
    assert [each.error_code for each in world.past("b.png").timeline if each.to == "failed"] == [
        "CANCELLED"
    ]


def test_a_death_in_a_deletion_is_made_up_for_by_the_sweep_and_nobody_sees_a_dead_link(
    world: World, photo: bytes, at: Any
) -> None:
    run_attempt(world.services, world.accept("a.png", photo))
    at(Point.DISCARDED, die)

    with pytest.raises(Death):
        delete_job(world.services, "a.png")

    assert has_expired(world.services, world.job("a.png"))
    sweep(world.services)
    assert results(world) == []
    assert world.past("a.png").status is Status.EXPIRED
