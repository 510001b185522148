"""Processes that outlived the attempt for which they worked."""

import contextlib
import os
import signal
from collections.abc import Sequence
from pathlib import Path

PROCESSES = Path("/proc")
# Of /proc/PID/stat, after the name: state, parent, group, session, terminal.
TERMINAL = 4


def kill_processes_in(folders: Sequence[Path]) -> int:
    """Kills every process that works in one of the folders; returns how many.

    One with a terminal is spared: it is somebody who came to look.
    """
    if not folders or not PROCESSES.is_dir():
        return 0
    pids = [int(each.name) for each in PROCESSES.iterdir() if each.name.isdecimal()]
    places = [folder.resolve() for folder in folders]
    return sum(_kill_if_in(pid, places) for pid in pids if pid != os.getpid())


def _kill_if_in(pid: int, places: Sequence[Path]) -> bool:
    with contextlib.suppress(OSError):
        process = os.pidfd_open(pid)  # from here on the number cannot become another's
        try:
            if _works_in(pid, places):
                signal.pidfd_send_signal(process, signal.SIGKILL)
                return True
        finally:
            os.close(process)
    return False


def _works_in(pid: int, places: Sequence[Path]) -> bool:
    where = (PROCESSES / str(pid) / "cwd").readlink()
    if not any(where.is_relative_to(place) for place in places):
        return False
    stat = (PROCESSES / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    return stat.rpartition(")")[2].split()[TERMINAL] == "0"
