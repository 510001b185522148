"""Measures how near `plan` comes to what `compress` then makes, in bytes and in processor time."""

import argparse
import json
import math
import resource
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.result import Conditions, Figure, Result, Table, keep

GOAL = 2.0  # half to double


@dataclass(frozen=True, slots=True)
class Comparison:
    """One file."""

    what: str  # in words; the name would say nothing to others
    became: str
    predicted_bytes: int
    bytes: int
    predicted_core_s: float
    core_s: float  # of the command and all its children

    @property
    def of_size(self) -> float:
        """Predicted over made."""
        return self.predicted_bytes / self.bytes

    @property
    def of_time(self) -> float:
        """Predicted over taken."""
        return self.predicted_core_s / self.core_s


def main() -> None:
    """Measures and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench predictions", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="photos and videos")
    parser.add_argument("--profile", default="balanced")
    parser.add_argument("--keep", action="store_true", help="write results/predictions.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    found = [compared(path, given.profile) for path in given.files]
    command = f"./scripts/bench predictions --profile {given.profile} FILE..."
    keep(result(found, command), conditions, to_files=given.keep)


def compared(source: Path, profile: str) -> Comparison:
    """What is said of one file, and what is made of it."""
    words = (str(source), "--json", "--profile", profile)
    with tempfile.TemporaryDirectory() as folder:
        # On one core the time is the processor's, which a busy machine changes less.
        said = answer(["taskset", "-c", "0"], "plan", *words)
        before_s = children_s()
        made = answer([], "compress", *words, "-o", folder)
        core_s = children_s() - before_s
    return Comparison(
        what=described(said["source"]),
        became=made["passthrough_reason"] or made["extension"],
        predicted_bytes=said["predicted"]["size_bytes"],
        bytes=made["size_bytes"],
        predicted_core_s=said["predicted"]["time_s"],
        core_s=core_s,
    )


def answer(before: list[str], *words: str) -> dict[str, Any]:
    """The one object that the command line answers."""
    command = [*before, sys.executable, "-P", "-m", "processing", *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    content: dict[str, Any] = json.loads(done.stdout)
    return content


def children_s() -> float:
    """Processor time of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def described(source: dict[str, Any]) -> str:
    """A file in words."""
    size = f"{source['width_px']}x{source['height_px']}, {source['size_bytes'] / 1e6:.1f} MB"
    if source["kind"] == "video":
        return f"{source['video_codec']} {size}, {source['duration_s'] or 0:.0f} s"
    frames = f", {source['frames']} frames" if source["frames"] > 1 else ""
    return f"{source['format']} {size}{frames}"


def result(found: list[Comparison], command: str) -> Result:
    """The measurement in words."""
    rows = [
        [
            *(each.what, each.became, f"{each.predicted_bytes / 1000:.0f} kB"),
            *(f"{each.bytes / 1000:.0f} kB", f"{each.of_size:.2f}"),
            *(f"{each.predicted_core_s:.2f} s", f"{each.core_s:.2f} s", f"{each.of_time:.2f}"),
        ]
        for each in found
    ]
    columns = ["file", "became", "predicted", "made", "ratio", "predicted", "taken", "ratio"]
    return Result(
        name="predictions",
        title="How near the plan's predictions come",
        command=command,
        figures=[
            figure("size", [each.of_size for each in found]),
            figure("processor time", [each.of_time for each in found]),
        ],
        tables=[Table("Each file, its bytes and its processor time", columns, rows)],
        notes=[
            "Taken is the processor time of the command and all its children, imports included."
        ],
        samples={"files": [asdict(each) for each in found]},
    )


def figure(what: str, ratios: list[float]) -> Figure:
    """How far ratios are from 1, either way."""
    off = [math.exp(abs(math.log(ratio))) for ratio in ratios]
    within = sum(each <= GOAL for each in off)
    return Figure(
        what=f"{what}: files within half to double of the prediction",
        measured=f"{within} of {len(off)}; median factor {statistics.median(off):.2f}, "
        f"worst {max(off):.2f}",
        goal="all",
        is_met=within == len(off),
    )


if __name__ == "__main__":
    main()
