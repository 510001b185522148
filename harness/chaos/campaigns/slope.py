"""How fast a quantity grows, by an estimate that a few odd values cannot bend."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

# Of a normal distribution: 95 of 100 times the true slope is inside.
Z = 1.96


@dataclass(frozen=True, slots=True)
class Slope:
    """Per unit of x, with the ends of its 95% interval."""

    estimate: float
    low: float
    high: float


def slope(points: Sequence[tuple[float, float]]) -> Slope:
    """The median of the slopes of all pairs (Theil and Sen); its interval by Kendall's S.

    Points must not depend on their neighbours, or the interval is too narrow: see blocks().
    Raises ValueError for fewer than three.
    """
    if len(points) < 3:
        raise ValueError("a slope needs three points")
    slopes = sorted((y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(points, 2))
    n = len(points)
    spread = Z * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = max(0, math.floor((len(slopes) - spread) / 2))
    high = min(len(slopes) - 1, math.ceil((len(slopes) + spread) / 2))
    return Slope(statistics.median(slopes), slopes[low], slopes[high])


def blocks(points: Sequence[tuple[float, float]], length: float) -> list[tuple[float, float]]:
    """One point for each stretch of that length in x: the medians of what lies in it."""
    found: dict[int, list[tuple[float, float]]] = {}
    for x, y in points:
        found.setdefault(int(x // length), []).append((x, y))
    return [
        (statistics.median(x for x, _ in block), statistics.median(y for _, y in block))
        for block in found.values()
    ]
