"""What a child process may use, and how it is held to that: a command or a fork of ours."""

import ctypes
import functools
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Final, NamedTuple

from errors import EncodingError

STALL_S: Final = 60.0  # A child that makes no progress for so long is taken for hung.
OPEN_FILES: Final = 64  # that a child may have

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_CPU_GRACE_S: Final = 5  # from SIGXCPU to SIGKILL
_LIBC: Final = ctypes.CDLL(None, use_errno=True)  # loaded here, so that a fork need not


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a child may use."""

    deadline: float  # on time.monotonic()'s clock
    memory_bytes: int  # address space, not residence
    file_bytes: int  # the largest file it may write
    stall_s: float = STALL_S  # counts only when somebody listens for progress

    @property
    def cpu_s(self) -> int:
        """Processor time: all that the machine has until the deadline, and a little more."""
        return (os.cpu_count() or 1) * max(1, int(self.deadline - time.monotonic()) + 5)


class ForkLimits(NamedTuple):
    """The same for a fork that has to bind itself, in numbers that can be sent."""

    memory_bytes: int
    file_bytes: int
    cpu_s: int
    open_files: int


def limited(argv: list[str], bounds: Bounds) -> list[str]:
    """`argv` under words that bind it; each replaces itself, so they cost 2 ms together.

    Not `preexec_fn`: running Python between fork and exec may deadlock in a threaded parent.
    Raises EncodingError where one of the programs is not on the PATH.
    """
    return [
        _found("prlimit"),
        f"--as={_allowed(resource.RLIMIT_AS, bounds.memory_bytes)}",
        f"--fsize={_allowed(resource.RLIMIT_FSIZE, bounds.file_bytes)}",
        f"--cpu={_allowed(resource.RLIMIT_CPU, bounds.cpu_s)}",
        f"--nofile={_allowed(resource.RLIMIT_NOFILE, OPEN_FILES)}",
        "--core=0",
        _found("setpriv"),
        "--pdeathsig=KILL",
        "--no-new-privs",
        "--",
        _found(argv[0]),
        *argv[1:],
    ]


def limit_fork(limits: ForkLimits, cwd: str, parent: int, streams: tuple[int, int]) -> None:
    """Have this newly forked process lead its own session, die with `parent`, and be bounded.

    Nothing is open afterwards but `streams` as stdout and stderr, and stdin, which is empty.
    """
    os.setsid()
    for option, value in ((_PR_SET_PDEATHSIG, signal.SIGKILL), (_PR_SET_NO_NEW_PRIVS, 1)):
        if _LIBC.prctl(option, value, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        os._exit(1)  # The parent died before we asked to die with it.
    for number, stream in enumerate(streams, 1):
        os.dup2(stream, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.chdir(cwd)
    tempfile.tempdir = cwd
    sys.dont_write_bytecode = True  # The limit on files would cut it short, for everybody.
    for kind, limit in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        _lower(kind, limit, limit)
    _lower(resource.RLIMIT_CPU, limits.cpu_s, limits.cpu_s + _CPU_GRACE_S)


@functools.cache
def _found(name: str) -> str:
    """The program by our PATH, which a child does not get."""
    found = shutil.which(name)
    if found is None:
        error = EncodingError()
        error.add_note(f"There is no program {name} on the PATH.")
        raise error
    return found


def _allowed(kind: int, wanted: int) -> int:
    """No more than this process has: only root may raise a limit, for others it would fail."""
    _, most = resource.getrlimit(kind)
    return wanted if most == resource.RLIM_INFINITY else min(wanted, most)


def _lower(kind: int, soft: int, hard: int) -> None:
    resource.setrlimit(kind, (_allowed(kind, soft), _allowed(kind, hard)))
