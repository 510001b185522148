"""What the kernel says about processes."""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Found = TypeVar("Found")
PROCESSES = Path("/proc")
# Far more than anything here takes: only what hangs is not there by then, on a slow machine too.
PATIENCE_S = 180.0


def children(pid: int) -> list[int]:
    """Whom the process started; those who have ended and were not waited for, too."""
    found: list[int] = []
    for thread in (PROCESSES / str(pid) / "task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(each) for each in thread.read_text().split()]
    return found


def resident_kb(pid: int) -> int:
    """What it holds in memory."""
    lines = (PROCESSES / str(pid) / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def descendants(pid: int) -> set[int]:
    """Everybody below the process."""
    return {each for child in children(pid) for each in {child, *descendants(child)}}


def is_running(pid: int) -> bool:
    """Whether it runs; one that only waits to be buried does not."""
    try:
        stat = (PROCESSES / str(pid) / "stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def is_worker(pid: int) -> bool:
    """Whether this is devhost's process for the app's functions."""
    return "devhost.worker" in command_line(pid)


def command_line(pid: int) -> str:
    """Its words, or nothing when it is gone."""
    with contextlib.suppress(OSError):
        words = (PROCESSES / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ")
        return words.decode(errors="replace")
    return ""


def all_within(folder: Path) -> set[int]:
    """Those that work inside the folder."""
    return {int(each.name) for each in PROCESSES.glob("[0-9]*") if _works_in(each, folder)}


def open_files(pid: int) -> int:
    """How many descriptors it holds."""
    return len(list((PROCESSES / str(pid) / "fd").iterdir()))


def memory_bytes(pid: int, kind: str = "VmRSS") -> int:
    """What is resident now; `VmHWM` is the most that ever was. 0 when the process is gone."""
    with contextlib.suppress(OSError):
        for line in (PROCESSES / str(pid) / "status").read_text().splitlines():
            if line.startswith(f"{kind}:"):
                return int(line.split()[1]) * 1024
    return 0


def wait_for(what: Callable[[], Found], limit_s: float = PATIENCE_S) -> Found:
    """What it returns, as soon as that is true; raises TimeoutError when it never is."""
    until_s = time.monotonic() + limit_s
    while not (found := what()):
        if time.monotonic() > until_s:
            raise TimeoutError(f"not within {limit_s:.0f} s")
        time.sleep(0.02)
    return found


def _works_in(process: Path, folder: Path) -> bool:
    # Of a folder that is gone the link says "... (deleted)"; a zombie has no link.
    with contextlib.suppress(OSError):
        return str((process / "cwd").readlink()).startswith(str(folder))
    return False
