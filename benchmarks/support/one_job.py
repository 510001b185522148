"""Compresses one file in this process and tells, as JSON, what memory that took: a program."""

import contextlib
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.support.measured_server import PEAK
from errors import MediaProcessorError
from harness.rig.processes import descendants, memory_bytes
from order import Order
from processing.allowance import Allowance
from processing.compress import compress
from processing.image import child as image_child
from processing.sandbox.zygote import Zygote

INTERVAL_S: Final = 0.02
TIME_LIMIT_S: Final = 3600.0


def main() -> None:
    """Compress the file that argv names."""
    image_child.ZYGOTE = Zygote("benchmarks.support.measured_server")  # type: ignore[misc]
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(taken(Path(sys.argv[1]), Path(name))))


def taken(source: Path, work_dir: Path) -> dict[str, Any]:
    """What it took; memory is resident, in bytes, at its highest."""
    began = time.monotonic()
    with largest_child() as seen:
        outcome = outcome_of(source, work_dir)
    seconds = time.monotonic() - began
    told = work_dir / PEAK  # a picture's child may live too briefly to be seen
    return {
        "outcome": outcome,
        "seconds": round(seconds, 2),
        "parent_bytes": peak_bytes(os.getpid()),
        "child_bytes": int(told.read_text(encoding="ascii")) if told.exists() else seen[0],
    }


def outcome_of(source: Path, work_dir: Path) -> str:
    """The size of the rendition in bytes, or the code of the refusal."""
    order, allowance = Order(profile="balanced"), Allowance(TIME_LIMIT_S, TIME_LIMIT_S)
    try:
        return f"{compress(source, work_dir, order, allowance, lambda _: None).size_bytes:,} bytes"
    except MediaProcessorError as error:
        return error.code


def peak_bytes(pid: int) -> int:
    """The most that a process ever had resident."""
    return memory_bytes(pid, "VmHWM")


@contextlib.contextmanager
def largest_child() -> Iterator[list[int]]:
    """The high-water marks of all children that were seen until the block ends."""
    seen = [0]
    stop = threading.Event()

    def sample() -> None:
        while not stop.wait(INTERVAL_S):
            seen[0] = max(seen[0], *map(peak_bytes, descendants(os.getpid())), 0)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


if __name__ == "__main__":
    main()
