"""How a job remembers that its attempts were too much for the machine."""

from datetime import timedelta

import pytest

from errors import DiskFullError, EncoderKilledError, StorageUnavailableError, TimeLimitError
from jobs.job import Job
from jobs.transitions import claimed, created, requeued
from jobs.upload import Upload
from order import Order

from .samples import LEASE, NOW

FIRST = claimed(
    created(Upload("film.mp4", 5_000_000, "0x1", NOW), Order(), NOW), "first", NOW, LEASE
)


def after(job: Job, error: Exception, attempt_id: str = "next") -> Job:
    """The next attempt, once that error ended one."""
    return claimed(requeued(job, error, NOW, NOW), attempt_id, NOW, LEASE)


def after_it_vanished(job: Job, attempt_id: str = "next") -> Job:
    return claimed(job, attempt_id, NOW + timedelta(minutes=1), LEASE)


@pytest.mark.parametrize("error", [TimeLimitError(), EncoderKilledError()])
def test_an_attempt_that_was_too_much_makes_the_next_one_lighter(error: Exception) -> None:
    assert after(FIRST, error).lighter_steps == 1


@pytest.mark.parametrize("error", [DiskFullError(), StorageUnavailableError()])
def test_a_hiccup_elsewhere_changes_nothing_about_the_work(error: Exception) -> None:
    assert after(FIRST, error).lighter_steps == 0


def test_each_attempt_that_was_too_much_counts() -> None:
    third = after(after(FIRST, TimeLimitError()), TimeLimitError())

    assert third.lighter_steps == 2


def test_one_attempt_that_vanished_may_have_been_a_deployment() -> None:
    assert after_it_vanished(FIRST).lighter_steps == 0


def test_a_second_attempt_that_vanished_is_taken_for_too_much() -> None:
    assert after_it_vanished(after_it_vanished(FIRST)).lighter_steps == 1


def test_only_attempts_that_vanished_count_as_vanished() -> None:
    failed_once = requeued(FIRST, StorageUnavailableError(), NOW, NOW)
    vanished_then = claimed(failed_once, "second", NOW, LEASE)

    assert (failed_once.vanished_attempts, vanished_then.vanished_attempts) == (0, 1)
    assert after_it_vanished(vanished_then).vanished_attempts == 2
    assert after_it_vanished(vanished_then).lighter_steps == 0


def test_a_new_upload_of_the_name_begins_anew() -> None:
    tired = requeued(FIRST, TimeLimitError(), NOW, NOW)

    assert created(Upload(tired.blob_name, 5, "0x2", NOW), Order(), NOW).lighter_steps == 0
