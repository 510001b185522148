"""Runs one child process on untrusted bytes: alone, bounded, watched, and never outliving us."""

import contextlib
import functools
import os
import re
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from errors import DiskFullError, EncoderKilledError, EncodingError, TimeLimitError

STALL_S: Final = 60.0  # without progress for so long, a child is taken for hung
GRACE_S: Final = 2.0  # from SIGTERM to SIGKILL

_STDERR_TAIL_BYTES: Final = 8 * 1024
_STDOUT_LIMIT_BYTES: Final = 4 * 1024 * 1024
_OPEN_FILES: Final = 64
_OUT_OF_MEMORY: Final = re.compile(r"Cannot allocate memory|malloc of size \d+ failed")
_EXITED_BY_SIGNAL: Final = 255  # ffmpeg catches the polite signals and exits with this


class ResultTooLargeError(Exception):
    """The child was stopped because it wrote more than it was allowed to; nothing is wrong."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a child may use."""

    deadline: float  # on time.monotonic()'s clock
    memory_bytes: int  # address space, not residence
    file_bytes: int  # the largest file it may write
    stall_s: float = STALL_S  # counts only when somebody listens for progress


@dataclass(frozen=True, slots=True)
class Finished:
    """How a child ended by itself."""

    status: int
    output: str  # its stdout, empty when a listener took the lines
    errors: str  # the last of its stderr: for the log, never for a client


# Told each line of stdout; answers whether the line shows progress. What it raises stops the child.
Listener = Callable[[str], bool]


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
    DiskFullError, ResultTooLargeError, and what `listener` raises.
    """
    child = subprocess.Popen(
        [*_leash(bounds), *argv],
        cwd=cwd,
        env={**_environment(cwd), **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        umask=0o077,
    )
    with child:
        try:
            output, errors = _Watch(child, bounds, listener).until_it_ends()
        finally:
            _stop(child)
    return _judged(Finished(child.returncode, output, errors))


def _leash(bounds: Bounds) -> list[str]:
    """The words before a command that bind it; each replaces itself, so they cost 2 ms together.

    Not `preexec_fn`: running Python between fork and exec may deadlock in a threaded parent.
    """
    cpu_s = (os.cpu_count() or 1) * max(1, int(bounds.deadline - time.monotonic()) + 5)
    return [
        _tool("prlimit"),
        f"--as={bounds.memory_bytes}",
        f"--fsize={bounds.file_bytes}",
        f"--cpu={cpu_s}",
        f"--nofile={_OPEN_FILES}",
        "--core=0",
        _tool("setpriv"),
        "--pdeathsig=KILL",
        "--",
    ]


@functools.cache
def _tool(name: str) -> str:
    return shutil.which(name) or name


def _environment(cwd: Path) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "HOME": str(cwd),
        "TMPDIR": str(cwd),
        "LC_ALL": "C.UTF-8",
        # Each arena reserves address space, which RLIMIT_AS counts.
        "MALLOC_ARENA_MAX": "2",
    }


class _Watch:
    """Reads a child's two pipes until it ends, keeping the clock."""

    def __init__(
        self, child: subprocess.Popen[bytes], bounds: Bounds, listener: Listener | None
    ) -> None:
        self._child = child
        self._bounds = bounds
        self._listener = listener
        self._output = bytearray()
        self._errors = bytearray()
        self._alive_at = time.monotonic()

    def until_it_ends(self) -> tuple[str, str]:
        with selectors.DefaultSelector() as selector:
            for pipe, take in (
                (self._child.stdout, self._take_output),
                (self._child.stderr, self._take_errors),
            ):
                selector.register(_open(pipe), selectors.EVENT_READ, take)
            while selector.get_map():
                for key, _ in selector.select(self._patience_s()):
                    chunk = os.read(key.fd, 65536)
                    key.data(chunk)
                    if not chunk:
                        selector.unregister(key.fileobj)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(self._patience_s())
        self._patience_s()
        return self._output.decode(errors="replace"), self._errors.decode(errors="replace")

    def _patience_s(self) -> float:
        """How long to wait at most; raises TimeLimitError when there is no patience left."""
        now = time.monotonic()
        left_s = self._bounds.deadline - now
        if self._listener:
            left_s = min(left_s, self._alive_at + self._bounds.stall_s - now)
        if left_s <= 0 and self._child.poll() is None:
            raise TimeLimitError
        return max(left_s, 0.01)

    def _take_output(self, chunk: bytes) -> None:
        self._output += chunk
        if self._listener:
            *lines, rest = self._output.split(b"\n")
            self._output = bytearray(rest)
            for line in lines:
                if self._listener(line.decode(errors="replace")):
                    self._alive_at = time.monotonic()
        if len(self._output) > _STDOUT_LIMIT_BYTES:
            raise EncodingError

    def _take_errors(self, chunk: bytes) -> None:
        self._errors += chunk
        del self._errors[:-_STDERR_TAIL_BYTES]


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise TypeError("the child was started without a pipe")
    return pipe


def _stop(child: subprocess.Popen[bytes]) -> None:
    """End the child's whole group, politely first; nothing to do when it has ended."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if child.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(GRACE_S)


def _judged(finished: Finished) -> Finished:
    """The same, unless the way it ended has a name."""
    failure = _failure(finished)
    if failure is None:
        return finished
    failure.add_note(finished.errors)
    raise failure


def _failure(finished: Finished) -> Exception | None:
    if finished.status == 0:
        return None
    if finished.status == -signal.SIGXFSZ:
        return ResultTooLargeError()
    if finished.status == -signal.SIGXCPU:
        return TimeLimitError()
    if "No space left on device" in finished.errors:
        return DiskFullError()
    was_signalled = finished.status == _EXITED_BY_SIGNAL and "received signal" in finished.errors
    if finished.status < 0 or was_signalled or _OUT_OF_MEMORY.search(finished.errors):
        return EncoderKilledError()
    return None
