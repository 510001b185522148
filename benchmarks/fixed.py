"""Measures what a small picture costs beside its own work: child, imports, probe, verification."""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from unittest import mock

from PIL import Image

from benchmarks.support.bare import picture_s
from harness.result import Conditions, Figure, Result, Table, keep, milliseconds
from order import Order
from processing.allowance import Allowance
from processing.compress import compress
from processing.image import child as image_child
from processing.image import transcode as image

SIDE_PX: Final = 64
GOAL_S: Final = 0.015
TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
BARE: Final = """
import sys
from PIL import Image
with Image.open(sys.argv[1]) as picture:
    picture.save(sys.argv[2], "WEBP", quality=82, method=4)
"""


@dataclass(slots=True)
class Way:
    """One way to have the picture made, and what it took."""

    name: str
    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)  # of all processes; empty: not measured


def main() -> None:
    """Measures and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench fixed", description=__doc__)
    parser.add_argument("--rounds", type=int, default=60, help="of each way, by turns (60)")
    parser.add_argument("--keep", action="store_true", help="write results/fixed.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    with tempfile.TemporaryDirectory() as name:
        source = small_photo(Path(name))
        ways, warm_cpu_s = measured(source, Path(name), given.rounds)
    command = f"./scripts/bench fixed --rounds {given.rounds}"
    keep(result(ways, warm_cpu_s, command), conditions, to_files=given.keep)


def small_photo(folder: Path) -> Path:
    """Noise in soft colours, as a JPEG."""
    path = folder / "small.jpg"
    gradient = Image.linear_gradient("L").resize((SIDE_PX, SIDE_PX))
    noise = Image.effect_noise((SIDE_PX, SIDE_PX), 40)
    Image.merge("RGB", (gradient, noise, gradient.rotate(90))).save(path, quality=92)
    return path


def measured(source: Path, folder: Path, rounds: int) -> tuple[dict[str, Way], float]:
    """All ways by turns, so that each meets the same share of a busy machine.

    Beside them the processor time of one warm job, averaged over all: the kernel tells that of the
    warm process's children together.
    """
    compress(source, folder, Order(), Allowance(), lambda _: None)  # starts the warm process
    warm, cold = Way("compress, warm child"), Way("compress, cold child")
    bare, work = Way("bare `python -c` with Pillow"), Way("the work alone, in a warm process")
    children_s, own_s = 0.0, 0.0
    for _ in range(rounds):
        before_s, began_s = server_cpu_s(), time.process_time()
        warm.wall_s.append(
            timed(lambda: compress(source, folder, Order(), Allowance(), lambda _: None))
        )
        own_s += time.process_time() - began_s
        children_s += server_cpu_s() - before_s
        with_children(cold, lambda: compress_cold(source, folder))
        with_children(bare, lambda: bare_python(source, folder))
        work.wall_s.append(picture_s(source))
    ways = {"warm": warm, "cold": cold, "bare": bare, "work": work}
    return ways, (children_s + own_s) / rounds


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def with_children(way: Way, work: Callable[[], object]) -> None:
    """Time the work, and what it and its children took of the processors."""
    before_s = cpu_s()
    way.wall_s.append(timed(work))
    way.cpu_s.append(cpu_s() - before_s)


def cpu_s() -> float:
    """Processor time of this process and of all children that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def server_cpu_s() -> float:
    """The same of the warm process; in the kernel's ticks, so only a sum of many says something."""
    stat = Path(f"/proc/{image_child.ZYGOTE.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, stat[11:15])) * TICK_S


def compress_cold(source: Path, folder: Path) -> None:
    """Compress without the warm process."""
    with mock.patch.object(image, "run_image_child", image_child.run_afresh):
        compress(source, folder, Order(), Allowance(), lambda _: None)


def bare_python(source: Path, folder: Path) -> None:
    """Have Python and Pillow do it, without anything of ours."""
    command = [sys.executable, "-c", BARE, str(source), str(folder / "bare.webp")]
    subprocess.run(command, check=True)


def result(ways: dict[str, Way], warm_cpu_s: float, command: str) -> Result:
    """The figures with their details."""
    middle = {key: statistics.median(way.wall_s) for key, way in ways.items()}
    above_s = middle["warm"] - middle["work"]
    rows = [[way.name, milliseconds(way.wall_s), cpu_cell(way)] for way in ways.values()]
    rows[0][2] = f"{1000 * warm_cpu_s:.1f} ms on average"
    return Result(
        name="fixed",
        title="Fixed cost of a small picture",
        command=command,
        figures=[
            Figure(
                "a warm job beyond the work alone",
                f"{1000 * above_s:.1f} ms",
                f"<= {1000 * GOAL_S:.0f} ms",
                above_s <= GOAL_S,
            ),
            Figure("the whole warm job", f"{1000 * middle['warm']:.1f} ms"),
            Figure("over bare `python -c` with Pillow", f"{middle['warm'] / middle['bare']:.2f}"),
            Figure("over a cold child", f"{middle['warm'] / middle['cold']:.2f}"),
        ],
        tables=[Table("One picture", ["way", "wall, median (range)", "processor, median"], rows)],
        notes=[
            f"A JPEG of {SIDE_PX} x {SIDE_PX} pixels to WebP; the ways take turns.",
            (
                "A job is all of compress(): recognising the format, a child, decoding, encoding, "
                "and opening the result again to verify it."
            ),
        ],
        samples={key: {"wall_s": way.wall_s, "cpu_s": way.cpu_s} for key, way in ways.items()},
    )


def cpu_cell(way: Way) -> str:
    """Processor time as a table shows it."""
    return f"{1000 * statistics.median(way.cpu_s):.0f} ms" if way.cpu_s else ""


if __name__ == "__main__":
    main()
