"""Binds a newborn child before it touches a stranger's bytes."""

import ctypes
import os
import resource
import signal
import sys
import tempfile
from dataclasses import dataclass
from typing import Any, Final

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_CPU_GRACE_S: Final = 5  # from SIGXCPU to SIGKILL
_LIBC: Final = ctypes.CDLL(None, use_errno=True)  # loaded here, so that a child need not


@dataclass(frozen=True, slots=True)
class Order:
    """What a child has to do, and within which bounds."""

    request: dict[str, Any]
    cwd: str  # the job's private folder
    memory_bytes: int  # of address space
    file_bytes: int
    cpu_s: int
    open_files: int
    server: int  # the process id of its parent
    stdout: int  # file descriptors
    stderr: int


def put_on_leash(order: Order) -> None:
    """Make this process one that leads its own session, dies with its parent, and is bounded.

    Nothing is open afterwards but the order's stdout and stderr, and stdin, which is empty.
    """
    os.setsid()
    for option, value in ((_PR_SET_PDEATHSIG, signal.SIGKILL), (_PR_SET_NO_NEW_PRIVS, 1)):
        if _LIBC.prctl(option, value, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != order.server:
        os._exit(1)  # it died before we asked to die with it
    os.dup2(order.stdout, 1)
    os.dup2(order.stderr, 2)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.chdir(order.cwd)
    tempfile.tempdir = order.cwd
    sys.dont_write_bytecode = True  # the bound on files would cut it short, for everybody
    for kind, limit in (
        (resource.RLIMIT_AS, order.memory_bytes),
        (resource.RLIMIT_FSIZE, order.file_bytes),
        (resource.RLIMIT_NOFILE, order.open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        _lower(kind, limit, limit)
    _lower(resource.RLIMIT_CPU, order.cpu_s, order.cpu_s + _CPU_GRACE_S)


def _lower(kind: int, soft: int, hard: int) -> None:
    """Never raised above what we may have ourselves: who is not root cannot, and would fail."""
    _, most = resource.getrlimit(kind)
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    resource.setrlimit(kind, (soft, hard))
