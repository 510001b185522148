"""Measures how memory grows with the input: pictures of 1 to 200 megapixels, videos up to 5 GB."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image

from benchmarks.memory import MIB
from benchmarks.support import media
from compression_config import LIMITS
from harness.result import Conditions, Figure, Result, Table, keep

MEGAPIXELS: Final = (1, 12, 50, 100, 200)
PICTURES: Final[dict[str, dict[str, Any]]] = {
    "JPEG": {"format": "JPEG", "quality": 90},
    "progressive JPEG": {"format": "JPEG", "quality": 90, "progressive": True},
    "PNG": {"format": "PNG", "compress_level": 1},
}
VIDEO_MB: Final = (10, 100, 1000, 5000)
FLAT_BYTES: Final = 8 * MIB  # so much may lie between the smallest and the largest file


@dataclass(frozen=True, slots=True)
class Case:
    """One file, and what it took; memory is resident, at its highest."""

    name: str
    size_bytes: int
    outcome: str  # the size of the result, or the code of the refusal
    seconds: float
    parent_bytes: int
    child_bytes: int


def main() -> None:
    """Measures and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench growth", description=__doc__)
    parser.add_argument("--largest-mb", type=int, default=VIDEO_MB[-1], help="video (5000)")
    parser.add_argument("--keep", action="store_true", help="write results/growth.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    with tempfile.TemporaryDirectory() as name:
        pictures = [taken(source) for source in made_pictures(Path(name))]
        videos = [taken(source) for source in made_videos(Path(name), given.largest_mb)]
    command = f"./scripts/bench growth --largest-mb {given.largest_mb}"
    keep(result(pictures, videos, command), conditions, to_files=given.keep)


def made_pictures(folder: Path) -> Iterator[Path]:
    """One after the other; each is gone when the next is asked for."""
    for kind, options in PICTURES.items():
        for megapixels in MEGAPIXELS:
            path = folder / f"{kind}, {megapixels} MP"
            drawn(megapixels).save(path, **options)
            yield path
            path.unlink()


def drawn(megapixels: int) -> Image.Image:
    """Grain over a gradient, 4 by 3."""
    height = round((megapixels * 1_000_000 * 3 / 4) ** 0.5)
    size = (height * 4 // 3, height)
    grain, tile = Image.new("L", size), Image.effect_noise((1024, 1024), 24)
    for top in range(0, size[1], tile.height):
        for left in range(0, size[0], tile.width):
            grain.paste(tile, (left, top))
    return Image.merge("RGB", (grain, Image.linear_gradient("L").resize(size), grain))


def made_videos(folder: Path, largest_mb: int) -> Iterator[Path]:
    """The same for videos, without compression."""
    for size_mb in VIDEO_MB:
        if size_mb <= largest_mb:
            path = folder / f"video, {size_mb} MB.avi"
            yield media.uncompressed_video(path, size_mb * media.MEGABYTE)
            path.unlink()


def taken(source: Path) -> Case:
    """What it takes to compress it, in a process that does nothing else."""
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks.support.one_job", str(source)],
        stdout=subprocess.PIPE,
        check=True,
    )
    case = Case(source.stem, source.stat().st_size, **json.loads(answer.stdout))
    print(case.name, case.outcome, f"{case.child_bytes / MIB:.0f} MiB", file=sys.stderr)
    return case


def result(pictures: Sequence[Case], videos: Sequence[Case], command: str) -> Result:
    """The figures with their details."""
    parents = [case.parent_bytes for case in (*pictures, *videos)]
    growth = max(parents) - min(parents)
    return Result(
        name="growth",
        title="Memory as the input grows",
        command=command,
        figures=[
            Figure(
                "the worker's own peak, largest less smallest over all files",
                f"{growth / MIB:.1f} MiB",
                f"<= {FLAT_BYTES // MIB} MiB",
                growth <= FLAT_BYTES,
            ),
            peak("largest child of a picture", pictures, LIMITS.image_memory_bytes),
            peak("largest child of a video", videos, LIMITS.video_memory_bytes),
        ],
        tables=[
            Table(
                "At their highest, resident",
                ["file", "size", "result", "seconds", "worker", "child"],
                [row(case) for case in (*pictures, *videos)],
            )
        ],
        notes=[
            "Each file is compressed by a fresh process; the warm process for pictures is apart.",
            "Videos are full HD without compression in an AVI: the largest for their length.",
        ],
        samples={
            case.name: [case.size_bytes, case.parent_bytes, case.child_bytes]
            for case in (*pictures, *videos)
        },
    )


def peak(what: str, cases: Sequence[Case], limit_bytes: int) -> Figure:
    """The most memory that a child took, against its limit."""
    most = max(case.child_bytes for case in cases)
    return Figure(
        what, f"{most / MIB:.0f} MiB", f"<= {limit_bytes // MIB} MiB", most <= limit_bytes
    )


def row(case: Case) -> list[str]:
    """Of the table."""
    return [
        case.name,
        f"{case.size_bytes / MIB:.1f} MiB",
        case.outcome,
        f"{case.seconds:.1f}",
        f"{case.parent_bytes / MIB:.0f} MiB",
        f"{case.child_bytes / MIB:.0f} MiB",
    ]


if __name__ == "__main__":
    main()
