"""Which processes are left of hosts and workers, also of those that were killed."""

import contextlib
import os

from harness.rig.processes import children, command_line, descendants, is_running, is_worker


def survivors(host_pid: int, known: set[int]) -> dict[int, str]:
    """Who still runs of killed hosts and workers, with their command lines.

    `known` are children of ours that have nothing to do with the app. What the living worker
    started is its own affair: see Service.encoders.
    """
    ours = set(children(os.getpid())) - known - {host_pid}
    adopted_by_host = {pid for pid in children(host_pid) if not is_worker(pid)}
    strays = {pid for top in ours | adopted_by_host for pid in {top, *descendants(top)}}
    return {pid: command_line(pid)[:120] for pid in strays if is_running(pid)}


def bury(known: set[int], host_pid: int) -> None:
    """Takes note of adopted children that have ended, so that they do not pile up."""
    for pid in set(children(os.getpid())) - known - {host_pid}:
        if not is_running(pid):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
