"""Which processes are left of hosts and workers, also of those that were killed."""

import contextlib
import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

from devhost.descendants import PR_SET_CHILD_SUBREAPER
from tests.acceptance.host import children, is_worker
from tests.chaos.violence import is_alive


@contextlib.contextmanager
def orphans_adopted() -> Iterator[None]:
    """Until the block ends, whoever loses its parent below us becomes our child: none escapes."""
    prctl = ctypes.CDLL(None).prctl
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def survivors(host_pid: int, known: set[int]) -> dict[int, str]:
    """Who still runs of killed hosts and workers, with their command lines.

    `known` are children of ours that have nothing to do with the app. What the living worker
    started is its own affair: see violence.encoders.
    """
    ours = set(children(os.getpid())) - known - {host_pid}
    adopted_by_host = {pid for pid in children(host_pid) if not is_worker(pid)}
    strays = {pid for top in ours | adopted_by_host for pid in {top, *descendants(top)}}
    return {pid: command_line(pid) for pid in strays if is_alive(pid)}


def descendants(pid: int) -> set[int]:
    """Everybody below a process."""
    return {each for child in children(pid) for each in {child, *descendants(child)}}


def bury(known: set[int], host_pid: int) -> None:
    """Takes note of adopted children that have ended, so that they do not pile up."""
    for pid in set(children(os.getpid())) - known - {host_pid}:
        if not is_alive(pid):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def command_line(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()[:120]
    return ""
