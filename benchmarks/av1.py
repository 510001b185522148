"""Measures our AV1 against x264's defaults at equal quality."""

import argparse
import functools
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.clips import X264_MEDIUM, encoded
from benchmarks.support.clips import Clip, clips
from benchmarks.support.rate_quality import (
    PAIR_COLUMNS,
    Pair,
    Point,
    as_samples,
    at_equal_vmaf,
    judged,
    mean_ratio,
)
from compression_config import BALANCED
from harness.result import Conditions, Figure, Result, Table, keep

GOAL_BYTES, GOAL_CPU = 0.60, 0.80
FIRST_CRFS = (-6, 0, 6)  # around the rule's
LOWEST_CRF, HIGHEST_CRF = 10, 60


def main() -> None:
    """Measures and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench av1", description=__doc__)
    parser.add_argument("--clips", type=Path, help="a folder of real videos (some made here)")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each, from its middle (3)")
    parser.add_argument("--keep", action="store_true", help="write results/av1.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    with tempfile.TemporaryDirectory() as folder:
        pairs = [compared(clip) for clip in clips(given.clips, Path(folder), given.seconds)]
    where = " --clips DIR" if given.clips else ""
    command = f"./scripts/bench av1{where} --seconds {given.seconds:g}"
    keep(result(pairs, command), conditions, to_files=given.keep)


def compared(clip: Clip) -> Pair:
    """A clip by x264 medium CRF 23, and by SVT-AV1 with our numbers at the same VMAF."""
    theirs = encoded(clip, X264_MEDIUM)
    rule = BALANCED.video[0]
    av1 = replace(
        clip,
        plan=replace(
            clip.plan,
            video=replace(
                clip.plan.video,
                codec="av1",
                preset=str(rule.av1_preset),
                encoder_params=rule.av1_params,
            ),
        ),
    )
    target = clip.path.with_suffix(".av1.mp4")

    @functools.cache
    def ours(crf: float) -> Point:
        return judged(av1.command(target, crf=crf), target, clip.reference, crf=crf, repeat=2)

    def whole(crf: float) -> Point:
        return ours(min(max(round(crf), LOWEST_CRF), HIGHEST_CRF))

    first = [rule.av1_crf + step for step in FIRST_CRFS]
    return Pair(clip.kind, theirs, at_equal_vmaf(whole, theirs.vmaf, first))


def result(pairs: list[Pair], command: str) -> Result:
    """The figures with their details."""
    size = mean_ratio(pair.bytes_ratio for pair in pairs)
    cpu = mean_ratio(pair.cpu_ratio for pair in pairs)
    apart = max(abs(pair.ours.vmaf - pair.peer.vmaf) for pair in pairs)
    both = f"AV1 over x264 medium CRF 23 at equal VMAF (at most {apart:.2f} apart)"
    return Result(
        name="av1",
        title="AV1 against H.264",
        command=command,
        figures=[
            Figure(f"bytes, {both}", f"{size:.2f}", f"<= {GOAL_BYTES:.2f}", size <= GOAL_BYTES),
            Figure(f"processor time, {both}", f"{cpu:.2f}", f"<= {GOAL_CPU:.2f}", cpu <= GOAL_CPU),
        ],
        tables=[Table("Clip by clip", PAIR_COLUMNS, [pair.cells() for pair in pairs])],
        notes=[
            (
                "Conditions are those of `clips`: mean VMAF at the source's size, processor time "
                "of the lesser of two runs with decoding, two threads, the same filters for both."
            ),
            "SVT-AV1's CRF is a whole number, so a clip may end up further apart than elsewhere.",
        ],
        samples={"pairs": as_samples(pairs)},
    )


if __name__ == "__main__":
    main()
