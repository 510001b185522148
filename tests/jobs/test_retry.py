"""The retry policy: permanent failures never, everything else a few times, later each time."""

from datetime import timedelta

import pytest

from errors import CorruptMediaError, PermanentError, StorageUnavailableError, TimeLimitError
from jobs.retry import GiveUp, Retry, is_exhausted, verdict


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


def test_a_surprise_is_retried_and_its_text_is_not_shown() -> None:
    decision = verdict(RuntimeError("/tmp/secret"), attempt=1, max_retries=3, jitter=0)

    assert isinstance(decision, Retry)
    assert "secret" not in decision.reason.message


def test_attempts_that_never_came_back_are_counted() -> None:
    assert is_exhausted(attempts=3, max_retries=3) is None
    reason = is_exhausted(attempts=4, max_retries=3)
    assert reason is not None
    assert reason.code == "WORKER_LOST"


def test_no_permanent_error_is_shown_with_status_500() -> None:
    def children(cls: type) -> list[type]:
        return [each for child in cls.__subclasses__() for each in (child, *children(child))]

    for error in children(PermanentError):
        assert "code" in vars(error), error
        if error.__module__ == "errors":
            assert error.http_status < 500, error
