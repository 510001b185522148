"""The retry policy: permanent failures never, everything else a few times, later each time."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import CorruptMediaError, PermanentError, StorageUnavailableError, TimeLimitError
from jobs.retry import GiveUp, Retry, is_exhausted, is_last_chance, verdict


def test_a_corrupt_file_is_never_tried_again() -> None:
    decision = verdict(CorruptMediaError(), attempt=1, max_retries=3, jitter=0)

    assert isinstance(decision, GiveUp)
    assert decision.reason.code == "CORRUPT"


@pytest.mark.parametrize(("attempt", "minutes"), [(1, 2), (2, 4), (3, 8)])
def test_transient_failures_wait_twice_as_long_each_time(attempt: int, minutes: int) -> None:
    decision = verdict(TimeLimitError(), attempt, max_retries=3, jitter=0)

    assert isinstance(decision, Retry)
    assert decision.after == timedelta(minutes=minutes)


def test_jitter_spreads_retries_by_a_tenth_at_most() -> None:
    decision = verdict(TimeLimitError(), attempt=1, max_retries=3, jitter=1)

    assert isinstance(decision, Retry)
    assert decision.after == timedelta(minutes=2.2)


def test_after_the_last_retry_the_job_is_given_up() -> None:
    decision = verdict(StorageUnavailableError(), attempt=4, max_retries=3, jitter=0)

    assert isinstance(decision, GiveUp)
    assert decision.reason.code == "STORAGE_UNAVAILABLE"


@given(st.integers(1, 20), st.integers(0, 10), st.floats(0, 1))
def test_every_failure_is_tried_again_as_often_as_allowed_unless_it_is_permanent(
    attempt: int, max_retries: int, jitter: float
) -> None:
    assert isinstance(verdict(CorruptMediaError(), attempt, max_retries, jitter), GiveUp)
    decision = verdict(StorageUnavailableError(), attempt, max_retries, jitter)

    assert isinstance(decision, Retry) is (attempt <= max_retries)
    if isinstance(decision, Retry):
        least = timedelta(minutes=2**attempt)
        assert least <= decision.after <= 1.1 * least


def test_a_surprise_is_retried_and_its_text_is_not_shown() -> None:
    decision = verdict(RuntimeError("/tmp/secret"), attempt=1, max_retries=3, jitter=0)

    assert isinstance(decision, Retry)
    assert "secret" not in decision.reason.message


def test_attempts_that_never_came_back_are_counted() -> None:
    assert is_exhausted(attempts=3, max_retries=3) is None
    reason = is_exhausted(attempts=4, max_retries=3)
    assert reason is not None
    assert reason.code == "WORKER_LOST"


@pytest.mark.parametrize(("deaths", "is_given_up"), [(2, False), (3, True)])
def test_a_file_that_kills_three_workers_is_given_up(deaths: int, is_given_up: bool) -> None:
    assert bool(is_exhausted(attempts=deaths, max_retries=3, vanished=deaths)) is is_given_up


def test_even_without_retries_a_file_may_be_tried_once() -> None:
    assert is_exhausted(attempts=0, max_retries=0, vanished=0) is None
    assert is_exhausted(attempts=1, max_retries=0, vanished=1)


@pytest.mark.parametrize(
    ("max_retries", "deaths", "is_last"),
    [(3, 1, False), (3, 2, True), (2, 1, True), (1, 0, False), (0, 0, False)],
)
def test_the_last_chance_is_the_one_after_which_there_is_no_other(
    max_retries: int, deaths: int, is_last: bool
) -> None:
    assert is_last_chance(max_retries, deaths) is is_last


def test_no_permanent_error_is_shown_with_status_500() -> None:
    def children(cls: type) -> list[type]:
        return [each for child in cls.__subclasses__() for each in (child, *children(child))]

    for error in children(PermanentError):
        assert error.code != PermanentError.code, error
        if error.__module__.partition(".")[0] == "errors":
            assert error.http_status < 500, error
