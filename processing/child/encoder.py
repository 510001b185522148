"""Runs one child process on untrusted bytes: alone, bounded, watched, and never outliving us."""

import contextlib
import functools
import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from errors import EncodingError
from processing.child.watch import (
    OPEN_FILES,
    STALL_S,
    Bounds,
    Finished,
    Listener,
    ResultTooLargeError,
    watch,
)

__all__ = ["STALL_S", "Bounds", "Finished", "Listener", "ResultTooLargeError", "run"]

GRACE_S: Final = 2.0  # from SIGTERM to SIGKILL


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    bounds: Bounds,
    listener: Listener | None = None,
    environment: Mapping[str, str] | None = None,
) -> Finished:
    """Run `argv` in `cwd` to its end and tell how it ended; a non-zero status is not an error here.

    The child leads its own session, is killed by the kernel when our thread dies, inherits nothing
    of our environment, and reads nothing. It is gone when this returns or raises. Raises
    TimeLimitError (deadline or stall), EncoderKilledError (a signal, out of memory),
    DiskFullError, ResultTooLargeError, EncodingError (no such program, no process to be had, or it
    cannot be bound), and what `listener` raises.
    """
    command = [*_leash(bounds), _tool(argv[0]), *argv[1:]]
    with _started(command, cwd, {**clean_environment(cwd), **(environment or {})}) as child:
        return watch(_Started(child), bounds, listener)


def clean_environment(home: Path) -> dict[str, str]:
    """All that a child gets to know of its surroundings."""
    return {
        "PATH": os.defpath,
        "HOME": str(home),
        "TMPDIR": str(home),
        "LC_ALL": "C.UTF-8",
        # Each arena reserves address space, which RLIMIT_AS counts.
        "MALLOC_ARENA_MAX": "2",
    }


def _started(command: list[str], cwd: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            umask=0o077,
        )
    except OSError as error:
        raise EncodingError from error


def _leash(bounds: Bounds) -> list[str]:
    """The words before a command that bind it; each replaces itself, so they cost 2 ms together.

    Not `preexec_fn`: running Python between fork and exec may deadlock in a threaded parent.
    """
    return [
        _tool("prlimit"),
        f"--as={_allowed(resource.RLIMIT_AS, bounds.memory_bytes)}",
        f"--fsize={_allowed(resource.RLIMIT_FSIZE, bounds.file_bytes)}",
        f"--cpu={_allowed(resource.RLIMIT_CPU, bounds.cpu_s)}",
        f"--nofile={_allowed(resource.RLIMIT_NOFILE, OPEN_FILES)}",
        "--core=0",
        _tool("setpriv"),
        "--pdeathsig=KILL",
        "--no-new-privs",
        "--",
    ]


def _allowed(kind: int, wanted: int) -> int:
    """No more than we may have ourselves: who is not root cannot give more, and would fail."""
    _, most = resource.getrlimit(kind)
    return wanted if most == resource.RLIM_INFINITY else min(wanted, most)


@functools.cache
def _tool(name: str) -> str:
    """By our PATH, which a child does not get."""
    found = shutil.which(name)
    if found is None:
        error = EncodingError()
        error.add_note(f"There is no program {name} on the PATH.")
        raise error
    return found


class _Started:
    """A watch.Child that is our own."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child

    @property
    def output(self) -> int:
        return _open(self._child.stdout)

    @property
    def errors(self) -> int:
        return _open(self._child.stderr)

    def status(self, wait_s: float) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(wait_s)
        return self._child.returncode

    def stop(self) -> None:
        """Politely first."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._child.poll() is not None:
                return
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, number)
            self.status(GRACE_S)


def _open(pipe: IO[bytes] | None) -> int:
    if pipe is None:
        raise TypeError("the child was started without a pipe")
    return pipe.fileno()
