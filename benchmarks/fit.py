"""Fits the coefficients by which the search for quality estimates a CRF, and says how far off."""

import argparse
import tempfile
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.quality import LONGEST_SEARCH_S, encoded, task_of
from benchmarks.support.clips import Clip, clips
from benchmarks.support.rate_quality import interpolated
from processing.video.quality_metric import FITTED_VMAF, crf_of_fitted_vmaf, terms_of
from processing.video.target_quality import Trial, tried

FIRST_CRFS = (22.0, 27.0, 32.0)
LOWEST_CRF, HIGHEST_CRF = 16.0, 34.0


@dataclass(frozen=True, slots=True)
class Known:
    """A clip with what the product sees of it, and the truth."""

    kind: str
    trial: Trial
    crf: float  # at which the whole clip has FITTED_VMAF, by a curve of real VMAF


def main() -> None:
    """Fits and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench fit", description=__doc__)
    parser.add_argument("--clips", type=Path, required=True, help="a folder of ten videos or more")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each, from its middle (20)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = clips(given.clips, Path(folder), given.seconds)
        report([one for clip in found if (one := known(clip)) is not None])


def known(clip: Clip) -> Known | None:
    """Both sides of a clip; None where its samples say nothing."""
    with tempfile.TemporaryDirectory() as work:
        task = task_of(clip, Path(work))
        trial = tried(task, clip.plan, time.monotonic() + LONGEST_SEARCH_S)
    if trial is None:
        return None
    points = [encoded(clip, crf) for crf in FIRST_CRFS]
    crf = interpolated([(point.vmaf, point.crf) for point in points], FITTED_VMAF)
    return Known(clip.kind, trial, min(max(crf, LOWEST_CRF), HIGHEST_CRF))


def report(rows: list[Known]) -> None:
    """Print the coefficients, and for each clip its CRF: true, as the product has it, left out."""
    terms = [terms_of(row.trial.likeness, row.trial.pixel_bits_per_s) for row in rows]
    print("coefficients:", ", ".join(f"{factor:.4g}" for factor in fitted(rows, terms)))
    squares = []
    for number, (row, own) in enumerate(zip(rows, terms, strict=True)):
        others = [*rows[:number], *rows[number + 1 :]]
        factors = fitted(others, [*terms[:number], *terms[number + 1 :]])
        left_out = sum(factor * term for factor, term in zip(factors, own, strict=True))
        estimated = crf_of_fitted_vmaf(row.trial.likeness, row.trial.pixel_bits_per_s)
        squares.append((left_out - row.crf) ** 2)
        print(f"{row.kind}: {row.crf:.1f}, product {estimated:.1f}, left out {left_out:.1f}")
    print(f"left out: off by {(sum(squares) / len(squares)) ** 0.5:.2f} (root of the mean square)")


def fitted(rows: list[Known], terms: list[tuple[float, ...]]) -> list[float]:
    """The least squares."""
    numpy: Any = import_module("numpy")
    found = numpy.linalg.lstsq(numpy.array(terms), [row.crf for row in rows], rcond=None)[0]
    return [float(factor) for factor in found]


if __name__ == "__main__":
    main()
