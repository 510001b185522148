"""The limits of an attempt, and of a heartbeat that hangs."""

from itertools import islice

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jobs.deadline import (
    FUNCTION_TIMEOUT_S,
    LAST_WORD_LIMIT_S,
    SHORTEST_HEARTBEAT_LIMIT_S,
    WORK_LIMIT_S,
    heartbeat_limit_s,
    heartbeat_pauses_s,
    is_overdue,
)
from jobs.lease import LEASE_GRACE


def test_work_ends_before_its_last_word_and_that_before_the_host_loses_patience() -> None:
    assert WORK_LIMIT_S < LAST_WORD_LIMIT_S < FUNCTION_TIMEOUT_S


@pytest.mark.parametrize(("age_s", "is_so"), [(0, False), (1500, False), (1501, True)])
def test_an_attempt_has_its_time_and_no_more(age_s: float, is_so: bool) -> None:
    assert is_overdue(age_s) is is_so


@given(st.integers(3, 600), st.integers(1, 200))
def test_after_two_heartbeats_that_hang_a_third_comes_before_the_lease_lapses(
    lease_s: int, heartbeat_s: int
) -> None:
    assume(3 * heartbeat_s <= lease_s)  # as the settings demand
    hangs_for_s = heartbeat_limit_s(lease_s, heartbeat_s)
    assume(hangs_for_s > SHORTEST_HEARTBEAT_LIMIT_S)

    second_s = max(2 * heartbeat_s, heartbeat_s + hangs_for_s)
    third_s = max(3 * heartbeat_s, second_s + hangs_for_s)

    assert third_s < lease_s + LEASE_GRACE.total_seconds()


@pytest.mark.parametrize(("lease_s", "heartbeat_s"), [(45, 10), (40, 10), (60, 1)])
def test_with_usual_settings_the_third_comes_before_the_lease_ends(
    lease_s: int, heartbeat_s: int
) -> None:
    hangs_for_s = heartbeat_limit_s(lease_s, heartbeat_s)

    second_s = max(2 * heartbeat_s, heartbeat_s + hangs_for_s)
    third_s = max(3 * heartbeat_s, second_s + hangs_for_s)

    assert third_s < lease_s


@pytest.mark.parametrize(
    ("heartbeat_s", "pauses_s"),
    [(10, [1, 2, 4, 8, 10, 10]), (3, [1, 2, 3, 3, 3, 3]), (1, [1, 1, 1, 1, 1, 1])],
)
def test_the_first_heartbeats_come_soon_for_whoever_watches(
    heartbeat_s: int, pauses_s: list[float]
) -> None:
    assert list(islice(heartbeat_pauses_s(heartbeat_s), 6)) == pauses_s


@given(st.integers(3, 600), st.integers(1, 200))
def test_a_heartbeat_always_has_some_time(lease_s: int, heartbeat_s: int) -> None:
    assert heartbeat_limit_s(lease_s, heartbeat_s) >= SHORTEST_HEARTBEAT_LIMIT_S
