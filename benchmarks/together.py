"""Measures what a second core is worth: two photos at once, two clips side by side."""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.support import media
from harness.result import Conditions, Figure, Result, Table, keep, milliseconds
from order import Order
from processing.allowance import Allowance
from processing.compress import compress
from processing.cores import usable_cores

PHOTO_GOAL: Final = 1.8
CLIP_GOAL: Final = 1.05
PHOTOS_EACH: Final = 3
CLIP_BYTES: Final = 6 * media.MEGABYTE


@dataclass(frozen=True, slots=True)
class Pair:
    """The same work twice: first the one way, then the other."""

    alone_s: float
    together_s: float


def main() -> None:
    """Measures and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench together", description=__doc__)
    parser.add_argument("--pairs", type=int, default=7, help="of each kind (7)")
    parser.add_argument("--keep", action="store_true", help="write results/together.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photo = media.photo(folder / "photo.jpg")
        clip = media.clip(folder / "clip.mp4", CLIP_BYTES)
        squeezed(photo, folder / "warm-up")
        photos = pairs(given.pairs, lambda: photo_pair(photo, folder))
        clips = pairs(given.pairs, lambda: clip_pair(clip, folder))
    command = f"./scripts/bench together --pairs {given.pairs}"
    keep(result(photos, clips, command), conditions, to_files=given.keep)


def pairs(count: int, measure: Callable[[], Pair]) -> list[Pair]:
    """So many, one after the other."""
    return [measure() for _ in range(count)]


def photo_pair(photo: Path, folder: Path) -> Pair:
    """Some photos by one thread, and as many by each of two threads."""

    def some(name: str) -> None:
        for number in range(PHOTOS_EACH):
            squeezed(photo, folder / f"{name}-{number}")

    return Pair(timed(some, ["one"]), timed(some, ["one", "two"]))


def clip_pair(clip: Path, folder: Path) -> Pair:
    """Two clips one after the other, and the same two side by side."""

    def one(name: str) -> None:
        squeezed(clip, folder / name)

    return Pair(timed(one, ["one"]) + timed(one, ["two"]), timed(one, ["one", "two"]))


def timed(work: Callable[[str], None], names: Sequence[str]) -> float:
    """Seconds until all are done, each in a thread of its own."""
    began = time.perf_counter()
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(work, names))
    return time.perf_counter() - began


def squeezed(source: Path, folder: Path) -> None:
    """Compress it in that folder, by the rules as they are."""
    folder.mkdir(exist_ok=True)
    compress(source, folder, Order(), Allowance(), lambda _: None)


def result(photos: Sequence[Pair], clips: Sequence[Pair], command: str) -> Result:
    """The figures with their details."""
    photo_gain = statistics.median(2 * pair.alone_s / pair.together_s for pair in photos)
    clip_gain = statistics.median(pair.alone_s / pair.together_s for pair in clips)
    return Result(
        name="together",
        title="Two jobs at once",
        command=command,
        figures=[
            Figure(
                "photos by two threads over one alone, throughput",
                f"{photo_gain:.2f}",
                f">= {PHOTO_GOAL}",
                photo_gain >= PHOTO_GOAL,
            ),
            Figure(
                "two clips side by side over one after the other, throughput",
                f"{clip_gain:.2f}",
                f">= {CLIP_GOAL}",
                clip_gain >= CLIP_GOAL,
            ),
        ],
        tables=[
            Table("Wall time, median (range)", ["work", "alone", "together"], rows(photos, clips))
        ],
        notes=[
            (
                f"Medians of {len(photos)} pairs on {usable_cores()} usable cores; photos of "
                f"3000 x 2000 pixels and 1 MB, {PHOTOS_EACH} for each thread; clips of 1920 x 1080."
            ),
            "Together, photos are twice as many as alone; clips are the same two.",
        ],
        samples={
            kind: [[pair.alone_s, pair.together_s] for pair in measured]
            for kind, measured in (("photos_s", photos), ("clips_s", clips))
        },
    )


def rows(photos: Sequence[Pair], clips: Sequence[Pair]) -> list[list[str]]:
    """The table's."""
    return [
        [
            name,
            milliseconds([pair.alone_s for pair in measured]),
            milliseconds([pair.together_s for pair in measured]),
        ]
        for name, measured in (("photos", photos), ("clips", clips))
    ]


if __name__ == "__main__":
    main()
