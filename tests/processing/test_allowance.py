"""What one attempt may use: how long a video may take, and how light it may be made."""

import pytest

from processing.allowance import Allowance

MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("what", "duration_s", "size_bytes", "budget_s"),
    [
        ("a clip", 20.0, 20 * MEGABYTE, 300.0),
        ("a lesson of ten minutes", 600.0, 90 * MEGABYTE, 600.0),
        ("a lecture of an hour", 3600.0, 500 * MEGABYTE, 1200.0),
        ("a small file that claims to last for years", 4.3e9, 3163, 300.0),
        ("no stated duration", 0.0, 500 * MEGABYTE, 300.0),
    ],
)
def test_a_video_gets_as_long_as_it_plays_within_bounds(what, duration_s, size_bytes, budget_s):
    assert Allowance().budget_s(duration_s, size_bytes) == budget_s


def test_a_generous_operator_is_not_cut_short():
    assert Allowance(time_limit_s=1200.0).budget_s(20.0, MEGABYTE) == 1200.0


def test_fewer_than_no_lighter_steps_are_refused_at_once():
    with pytest.raises(ValueError, match="lighter_steps"):
        Allowance(lighter_steps=-1)
