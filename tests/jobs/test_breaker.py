"""The circuit breaker, as a table of what was found and when."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.breaker import CLOSED, LONGEST_WINDOW, Breaker, after_failure

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def after(times: int, apart: timedelta = timedelta(0)) -> Breaker:
    """The breaker after so many failures in a row."""
    breaker = CLOSED
    for number in range(times):
        breaker = after_failure(breaker, NOW + number * apart)
    return breaker


@pytest.mark.parametrize("failures", range(5))
def test_it_stays_closed_for_up_to_four_failures(failures: int) -> None:
    assert after(failures).is_closed


def test_the_fifth_failure_in_a_row_opens_it_for_half_a_minute() -> None:
    breaker = after(5)

    assert breaker.open_until == NOW + timedelta(seconds=30)
    assert breaker.is_open(NOW + timedelta(seconds=29))
    assert not breaker.is_open(NOW + timedelta(seconds=30))
    assert not breaker.is_closed, "one attempt is made first"


def test_each_probe_that_fails_opens_it_for_twice_as_long_up_to_half_an_hour() -> None:
    breaker, windows = after(5), []
    for _ in range(9):
        now = breaker.open_until
        breaker = after_failure(breaker, now)
        windows.append((breaker.open_until - now).total_seconds())

    assert windows == [60, 120, 240, 480, 960, 1800, 1800, 1800, 1800]


def test_failures_of_what_was_being_sent_when_it_opened_do_not_prolong_it() -> None:
    breaker = after_failure(after(5), NOW + timedelta(seconds=1))

    assert breaker.open_until == NOW + timedelta(seconds=30)
    assert breaker.failures == 6


@pytest.mark.parametrize(
    ("apart", "times", "is_dead"),
    [
        (timedelta(hours=12), 10, False),  # four days and a half
        (timedelta(hours=12), 11, True),  # five days
        (timedelta(hours=26), 5, False),
        (timedelta(hours=26), 6, True),  # however few they are
        (timedelta(days=3), 10, False),  # nobody knows what was in between
        (timedelta(0), 1000, False),  # however many they are
    ],
)
def test_it_is_dead_after_five_days_in_which_nothing_else_was_seen(
    apart: timedelta, times: int, is_dead: bool
) -> None:
    assert after(times, apart).is_dead(NOW + (times - 1) * apart) is is_dead


def test_one_event_that_never_arrives_does_not_make_it_dead() -> None:
    """Its ten attempts take 76 hours."""
    pauses_h = [0, 0.0014, 0.083, 0.5, 2, 5, 10, 14, 20, 24]
    breaker, now = CLOSED, NOW
    for pause_h in pauses_h:
        now += timedelta(hours=pause_h)
        breaker = after_failure(breaker, now)

    assert not breaker.is_dead(now)


@given(st.lists(st.floats(0, 10**6), max_size=60))
def test_no_window_is_longer_than_half_an_hour(pauses_s: list[float]) -> None:
    breaker, now = CLOSED, NOW
    for pause_s in pauses_s:
        now += timedelta(seconds=pause_s)
        breaker = after_failure(breaker, now)

        assert breaker.open_until is None or breaker.open_until <= now + LONGEST_WINDOW
