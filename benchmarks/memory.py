"""Measures how much memory the worker takes while it handles a very large upload."""

import argparse
import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.support import media
from benchmarks.support.at_rest import app_at_rest, processing_s
from harness.result import Conditions, Figure, Result, Table, keep
from harness.rig.processes import descendants, memory_bytes

GOAL_MB = 200
INTERVAL_S = 0.1
MIB = 1024 * 1024


@dataclass(slots=True)
class Memory:
    """What was seen of a process tree; resident, in bytes."""

    before: int
    peak: int = 0  # the kernel's own high-water mark, so no peak falls between two samples
    children: dict[str, int] = field(default_factory=dict)  # highest seen, by program
    # Resident size of the worker when a stage was first seen in it.
    timeline: list[tuple[float, int]] = field(default_factory=list)


def main() -> None:
    """Measures and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench memory", description=__doc__)
    parser.add_argument("--mib", type=int, default=2048, help="size of the upload in MiB (2048)")
    parser.add_argument("--keep", action="store_true", help="write results/memory.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    with app_at_rest({"MAX_PROCESSING_TIME": "1200"}) as app:
        source = media.uncompressed_video(app.host.folder / "large.avi", given.mib * MIB)
        small = media.photo(app.host.folder / "photo.jpg")
        app.upload("warm-up.jpg", small)
        app.completed_job("warm-up.jpg")
        time.sleep(1)
        pid = app.host.worker_pid() or 0
        host_before = high_water(app.host.pid)
        with watched(pid) as memory:
            app.upload("large.avi", source)
            job = app.completed_job("large.avi")
            time.sleep(1)
        if app.host.worker_pid() != pid:
            raise RuntimeError("The worker was replaced meanwhile.")
        host = (host_before, high_water(app.host.pid))
        figures = summary(memory, source.stat().st_size, processing_s(job))
    command = f"./scripts/bench memory --mib {given.mib}"
    keep(result(figures, memory, host, command), conditions, to_files=given.keep)


@contextlib.contextmanager
def watched(pid: int) -> Iterator[Memory]:
    """The memory of a process from now until the block ends; its high-water mark begins anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    memory = Memory(before=memory_bytes(pid))
    stop = threading.Event()
    began = time.monotonic()

    def sample() -> None:
        while not stop.wait(INTERVAL_S):
            memory.timeline.append((round(time.monotonic() - began, 1), memory_bytes(pid)))
            for child in descendants(pid):
                name, peak = program(child), high_water(child)
                memory.children[name] = max(memory.children.get(name, 0), peak)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield memory
    finally:
        stop.set()
        thread.join()
        memory.peak = high_water(pid)


def high_water(pid: int) -> int:
    """The most that a process ever had resident, in bytes; 0 when it is gone."""
    return memory_bytes(pid, "VmHWM")


def program(pid: int) -> str:
    """The name of a process."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return "gone"


def summary(memory: Memory, size_bytes: int, seconds: float) -> list[Figure]:
    """The figures."""
    peak = memory.peak / MIB
    name = f"upload of {size_bytes / MIB:.0f} MiB"
    return [
        Figure(
            f"worker's peak resident memory, {name}",
            f"{peak:.0f} MiB",
            f"<= {GOAL_MB} MB",
            memory.peak <= GOAL_MB * 1_000_000,
        ),
        Figure("worker when idle, after one photo", f"{memory.before / MIB:.0f} MiB"),
        Figure("what the large upload added", f"{(memory.peak - memory.before) / MIB:.0f} MiB"),
        Figure("processing time of that upload", f"{seconds:.1f} s"),
    ]


def result(figures: list[Figure], memory: Memory, host: tuple[int, int], command: str) -> Result:
    """The figures with their details."""
    rows = [[name, f"{peak / MIB:.0f} MiB"] for name, peak in sorted(memory.children.items())]
    rows.append(["devhost itself, before and after", " to ".join(f"{m / MIB:.0f}" for m in host)])
    return Result(
        name="memory",
        title="Memory of the worker while it handles 2 GiB",
        command=command,
        figures=figures,
        tables=[Table("Other processes, at their highest", ["process", "resident"], rows)],
        notes=[
            (
                "The upload is full HD video without compression in an AVI, as capture cards write "
                "it: a legitimate file, large, and quick to make."
            ),
            "Up to three jobs run at a time; each download under way adds as much again.",
            "VmHWM of the process that runs the functions, reset before the upload.",
        ],
        samples={
            "before_bytes": memory.before,
            "peak_bytes": memory.peak,
            "timeline_s_bytes": memory.timeline[::10],
        },
    )


if __name__ == "__main__":
    main()
