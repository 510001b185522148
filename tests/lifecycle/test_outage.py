"""Storage falls silent before an attempt has said how it ended: it waits, and says it then."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from errors import CorruptMediaError, StorageUnavailableError
from integrations.results import Results
from integrations.tracking import JobTable
from jobs import transitions
from jobs.job import Job
from lifecycle import attempt, claim, work
from lifecycle.attempt import run_attempt
from worker import outage

from .conftest import LEASE, World

LOSSES = 3


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outage, "FIRST_PAUSE_S", 0.01)


def fall_silent(patch: pytest.MonkeyPatch, while_silent: Callable[[int], bool]) -> None:
    """From the upload of a result on no row is written, while that says so of the n-th try."""
    is_silent, tries, write = threading.Event(), iter(range(1, 1000)), JobTable.replace

    def store(*_: Any) -> None:
        is_silent.set()
        raise StorageUnavailableError

    def replace_row(table: JobTable, job: Job, **options: Any) -> Job:
        if is_silent.is_set() and while_silent(next(tries)):
            raise StorageUnavailableError
        return write(table, job, **options)

    patch.setattr(Results, "store", store)
    patch.setattr(JobTable, "replace", replace_row)


def test_outages_at_the_end_of_attempts_are_no_deaths(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)

    def minutes_pass(tries: int) -> bool:
        world.clock.advance(minutes=5)
        return tries <= LOSSES

    for number in range(1, 4):
        with monkeypatch.context() as patch:
            fall_silent(patch, minutes_pass)
            run_attempt(world.services, message)
        job = world.job("a.png")
        assert (job.status, job.error_code) == ("queued", "STORAGE_UNAVAILABLE")
        assert (job.attempts, job.vanished_attempts) == (number, 0)
        world.clock.advance(minutes=10)
    run_attempt(world.services, message)

    job = world.job("a.png")
    assert (job.status, job.vanished, job.lighter_steps) == ("completed", 0, 0)


def test_who_was_taken_over_during_the_outage_leaves_the_row_alone(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)
    write = JobTable.replace

    def another_claims(tries: int) -> bool:
        if tries == LOSSES:
            world.clock.advance(minutes=5)
            other = transitions.claimed(world.job("a.png"), "other", world.clock(), LEASE)
            write(world.services.jobs, other)
        return tries < LOSSES

    fall_silent(monkeypatch, another_claims)
    run_attempt(world.services, message)

    job = world.job("a.png")
    assert (job.status, job.lease.attempt_id, job.attempts) == ("processing", "other", 2)


def test_a_worker_that_is_to_end_says_it_in_one_last_try(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)

    def told_to_end(tries: int) -> bool:
        if tries == LOSSES:
            world.services.shutdown.request()
        return tries <= LOSSES

    fall_silent(monkeypatch, told_to_end)
    run_attempt(world.services, message)

    job = world.job("a.png")
    assert (job.status, job.vanished_attempts) == ("queued", 0)


@pytest.mark.parametrize("why", ["told to end", "too long"])
def test_nobody_waits_for_ever(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    message = world.accept("a.png", photo)
    tried = []

    def it_is_enough(tries: int) -> bool:
        tried.append(tries)
        if tries == LOSSES and why == "told to end":
            world.services.shutdown.request()
        elif tries == LOSSES:
            monkeypatch.setattr(outage.time, "monotonic", later(claim.LAST_WORD_LIMIT_S))
        return True

    fall_silent(monkeypatch, it_is_enough)
    with pytest.raises(StorageUnavailableError):
        run_attempt(world.services, message)

    assert len(tried) <= LOSSES + 2
    assert world.job("a.png").status == "processing"


def later(seconds: float) -> Callable[[], float]:
    real = time.monotonic
    return lambda: real() + seconds


def test_a_replaced_upload_that_cannot_be_taken_in_now_is_no_death(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)
    world.put("a.png", photo + b"newer")

    def unavailable(*_: object) -> None:
        raise StorageUnavailableError

    with monkeypatch.context() as patch:
        patch.setattr(attempt, "accept_blob", unavailable)
        run_attempt(world.services, message)

    job = world.job("a.png")
    assert (job.status, job.error_code, job.vanished_attempts) == (
        "queued",
        "STORAGE_UNAVAILABLE",
        0,
    )
    world.clock.advance(minutes=3)
    run_attempt(world.services, message)
    for newer in world.take_messages():
        run_attempt(world.services, newer)
    assert (world.job("a.png").status, world.job("a.png").attempts) == ("completed", 1)


def test_a_claim_that_was_made_before_the_outage_is_used_after_it(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)
    write, tries = JobTable.replace, iter(range(1, 1000))

    def made_but_not_told(table: JobTable, job: Job, **options: Any) -> Job:
        number = next(tries)
        written = write(table, job, **options) if number in (1, *range(LOSSES + 1, 1000)) else job
        if number <= LOSSES:
            world.clock.advance(seconds=world.services.settings.lease_s)
            raise StorageUnavailableError
        return written

    monkeypatch.setattr(JobTable, "replace", made_but_not_told)
    run_attempt(world.services, message)

    job = world.job("a.png")
    assert (job.status, job.attempts, job.vanished) == ("completed", 1, 0)


def test_a_claim_that_can_be_made_after_an_outage_has_a_new_lease(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, left = world.accept("a.png", photo), []
    write, tries = JobTable.replace, iter(range(1, 1000))

    def refused_at_first(table: JobTable, job: Job, **options: Any) -> Job:
        if next(tries) <= LOSSES:
            world.clock.advance(seconds=world.services.settings.lease_s)
            raise StorageUnavailableError
        left.append(job.is_leased(world.clock()))
        return write(table, job, **options)

    monkeypatch.setattr(JobTable, "replace", refused_at_first)
    run_attempt(world.services, message)

    assert left[0]
    assert (world.job("a.png").status, world.job("a.png").attempts) == ("completed", 1)


@pytest.mark.parametrize("tries", ["many", "one"])
def test_a_claim_that_was_heard_late_soon_has_a_whole_lease(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch, tries: str
) -> None:
    seldom = {"lease_s": 600, "heartbeat_s": 200}  # none comes by itself while this waits
    settings = world.services.settings.model_copy(update=seldom)
    services = replace(world.services, settings=settings)
    message, is_first = world.accept("a.png", photo), iter([True])
    write = JobTable.replace

    def heard_late(table: JobTable, job: Job, **options: Any) -> Job:
        written = write(table, job, **options)
        if next(is_first, False):
            world.clock.advance(seconds=550)
            if tries == "many":
                raise StorageUnavailableError
        return written

    def wait_for_a_lease(*_: Any) -> None:
        end_s = time.monotonic() + 60
        while time.monotonic() < end_s:
            lease = world.job("a.png").lease
            if lease and lease.until - world.clock() > timedelta(seconds=300):
                raise CorruptMediaError
            time.sleep(0.02)

    monkeypatch.setattr(JobTable, "replace", heard_late)
    monkeypatch.setattr(work, "compress", wait_for_a_lease)
    run_attempt(services, message)

    job = world.job("a.png")
    assert (job.error_code, job.attempts) == ("CORRUPT", 1)
