"""How a job remembers that its attempts were too much for the machine."""

from datetime import UTC, datetime, timedelta

import pytest

from errors import DiskFullError, EncoderKilledError, StorageUnavailableError, TimeLimitError
from jobs import transitions
from jobs.job import Upload, new_job

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEASE = timedelta(seconds=45)


@pytest.fixture
def claimed():
    return new_job(Upload("film.mp4", 5_000_000, "0x1", NOW), NOW).claimed("first", NOW, LEASE)


@pytest.mark.parametrize("error", [TimeLimitError, EncoderKilledError])
def test_an_attempt_that_was_too_much_makes_the_next_one_lighter(claimed, error):
    again = transitions.claimed(
        transitions.requeued(claimed, error(), NOW, NOW), "second", NOW, LEASE
    )

    assert again.lighter == 1


@pytest.mark.parametrize("error", [DiskFullError, StorageUnavailableError])
def test_a_hiccup_elsewhere_changes_nothing_about_the_work(claimed, error):
    again = transitions.claimed(
        transitions.requeued(claimed, error(), NOW, NOW), "second", NOW, LEASE
    )

    assert again.lighter == 0


def test_each_attempt_that_was_too_much_counts(claimed):
    second = transitions.claimed(
        transitions.requeued(claimed, TimeLimitError(), NOW, NOW), "second", NOW, LEASE
    )
    third = transitions.claimed(
        transitions.requeued(second, TimeLimitError(), NOW, NOW), "third", NOW, LEASE
    )

    assert third.lighter == 2


def test_one_attempt_that_vanished_may_have_been_a_deployment(claimed):
    assert transitions.claimed(claimed, "second", NOW, LEASE).lighter == 0


def test_a_second_attempt_that_vanished_is_taken_for_too_much(claimed):
    assert (
        transitions.claimed(
            transitions.claimed(claimed, "second", NOW, LEASE), "third", NOW, LEASE
        ).lighter
        == 1
    )


def test_only_attempts_that_vanished_count_as_deaths(claimed):
    failed_once = transitions.requeued(claimed, StorageUnavailableError(), NOW, NOW)
    vanished_then = transitions.claimed(failed_once, "second", NOW, LEASE)

    assert (failed_once.deaths, vanished_then.deaths) == (0, 1)
    assert transitions.claimed(vanished_then, "third", NOW, LEASE).deaths == 2
    assert transitions.claimed(vanished_then, "third", NOW, LEASE).lighter == 0


def test_a_new_upload_of_the_name_begins_anew(claimed):
    tired = transitions.requeued(claimed, TimeLimitError(), NOW, NOW)

    assert new_job(Upload(tired.blob_name, 5, "0x2", NOW), NOW).lighter == 0
