"""Leaves no process behind: what we started, and what that started, ends before we do."""

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator

from harness.rig.processes import children

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
GRACE_S = 3.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupt_on_stop_signals() -> None:
    """Makes `kill` and a closed terminal end us as Ctrl-C does: by a KeyboardInterrupt."""
    for each in STOP_SIGNALS:
        signal.signal(each, signal.default_int_handler)


def ignore_stop_signals() -> None:
    """For the time of cleaning up, which is short and must not be cut in half."""
    for each in STOP_SIGNALS:
        signal.signal(each, signal.SIG_IGN)


def adopt_orphans() -> None:
    """Makes us the parent of every descendant whose own parent dies; Linux only."""
    _adopt(1)


def end_family() -> None:
    """Returns when no child is left: asked to end at first, killed after GRACE_S."""
    kill_at = time.monotonic() + GRACE_S
    asked: set[int] = set()
    while _reap():
        for child in children(os.getpid()):
            if time.monotonic() > kill_at:
                _send(child, signal.SIGKILL)
            elif child not in asked:
                asked.add(child)
                _send(child, signal.SIGTERM)
        time.sleep(0.02)


@contextlib.contextmanager
def orphans_adopted() -> Iterator[None]:
    """Until the block ends, whoever loses its parent below us becomes our child: none escapes."""
    _adopt(1)
    try:
        yield
    finally:
        _adopt(0)


def _adopt(is_wanted: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, is_wanted, 0, 0, 0)


def _reap() -> bool:
    """Collects the dead; whether some child is alive."""
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        return False
    return True


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
