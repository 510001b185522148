"""The slope that the soak judges by: it sees a leak, and is not bent by a few odd values."""

import random

import pytest

from harness.chaos.campaigns.slope import blocks, slope


def noisy(per_hour: float, seed: int = 1) -> list[tuple[float, float]]:
    chance = random.Random(seed)
    return [(x / 60, 80 + per_hour * x / 60 + chance.gauss(0, 0.3)) for x in range(45)]


@pytest.mark.parametrize("per_hour", [0.0, 2.0, -3.0])
def test_the_interval_holds_the_true_slope(per_hour):
    found = slope(noisy(per_hour))

    assert found.low <= per_hour <= found.high
    assert found.low < found.estimate < found.high


def test_a_leak_of_a_few_megabytes_an_hour_is_told_from_noise():
    assert slope(noisy(3.0)).low > 1.0
    assert slope(noisy(0.0)).high < 1.0


def test_a_few_peaks_do_not_bend_it():
    points = noisy(0.0)
    for index in (3, 20, 41):
        points[index] = (points[index][0], 500.0)

    assert abs(slope(points).estimate) < 0.5


def test_a_constant_has_no_slope_and_no_doubt():
    found = slope([(x, 19.0) for x in range(10)])

    assert (found.low, found.estimate, found.high) == (0.0, 0.0, 0.0)


def test_a_block_is_the_median_of_its_stretch():
    points = [(0.0, 1.0), (0.4, 9.0), (0.8, 2.0), (1.5, 5.0)]

    assert blocks(points, 1.0) == [(0.4, 2.0), (1.5, 5.0)]


def test_two_points_are_no_slope():
    with pytest.raises(ValueError, match="three"):
        slope([(0.0, 1.0), (1.0, 2.0)])
