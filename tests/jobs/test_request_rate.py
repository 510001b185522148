"""How often somebody may ask."""

from hypothesis import given
from hypothesis import strategies as st

from jobs.request_rate import Rate, asked

RATE = Rate(per_minute=60, burst=5)


def allowed_of(rate: Rate, moments_s: list[float]) -> int:
    """How many of the requests at these moments pass."""
    free_s, count = None, 0
    for at_s in sorted(moments_s):
        verdict = asked(rate, free_s, at_s)
        free_s, count = verdict.next_free_s, count + verdict.is_allowed
    return count


def test_as_many_as_the_burst_may_come_at_once() -> None:
    assert allowed_of(RATE, [0.0] * 9) == 5


def test_in_the_long_run_it_is_the_rate() -> None:
    assert allowed_of(RATE, [each / 10 for each in range(6000)]) in range(600, 606)


def test_what_is_left_is_told() -> None:
    first = asked(RATE, None, 100.0)

    assert (first.remaining, first.wait_s, first.reset_s) == (4, 0.0, 1.0)


def test_who_waits_as_long_as_is_told_passes() -> None:
    free_s = None
    for _ in range(5):
        free_s = asked(RATE, free_s, 0.0).next_free_s
    refused = asked(RATE, free_s, 0.0)

    assert not refused.is_allowed
    assert refused.remaining == 0
    assert asked(RATE, refused.next_free_s, refused.wait_s).is_allowed


def test_a_refused_request_costs_nothing() -> None:
    free_s = None
    for _ in range(1000):
        free_s = asked(RATE, free_s, 0.0).next_free_s

    assert asked(RATE, free_s, 1.0).is_allowed


@given(st.lists(st.floats(0, 600), max_size=200), st.integers(1, 600), st.integers(1, 20))
def test_no_more_pass_than_rate_and_burst(moments_s: list[float], rate: int, burst: int) -> None:
    span_s = max(moments_s, default=0) - min(moments_s, default=0)

    assert allowed_of(Rate(rate, burst), moments_s) <= burst + span_s * rate / 60 + 1e-6
