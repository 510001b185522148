"""How long a video may take."""

import pytest

from processing.allowance import Allowance
from processing.video.time_budget import time_budget_s

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
    assert time_budget_s(duration_s, size_bytes, Allowance()) == budget_s


def test_a_generous_operator_is_not_cut_short():
    assert time_budget_s(20.0, MEGABYTE, Allowance(time_limit_s=1200.0)) == 1200.0
