"""Runs one program on untrusted bytes: alone, bounded, watched, and never outliving us."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from errors import EncodingError
from processing.sandbox.limits import Bounds, limited
from processing.sandbox.watch import Finished, Listener, watch

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
    command = limited(list(argv), bounds)
    with _started(command, cwd, {**clean_environment(cwd), **(environment or {})}) as process:
        return watch(_Program(process), bounds, listener)


def own_module(name: str, *words: str) -> list[str]:
    """The command that runs one of our own modules with `words`, under our own Python.

    -P: the folder in which it runs holds a stranger's file, which must not be imported.
    """
    return [sys.executable, "-P", "-m", name, *words]


def import_path() -> str:
    """Where this process finds its modules, whichever host arranged it; for PYTHONPATH."""
    here = str(Path(__file__).resolve().parents[2])
    return ":".join(dict.fromkeys([here, *(folder for folder in sys.path if folder[:1] == "/")]))


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


class _Program:
    """A watch.Child that this process started itself."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @property
    def output(self) -> int:
        return _open(self._process.stdout)

    @property
    def errors(self) -> int:
        return _open(self._process.stderr)

    def status(self, wait_s: float) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(wait_s)
        return self._process.returncode

    def stop(self) -> None:
        """End the group, politely first."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is not None:
                return
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            self.status(GRACE_S)


def _open(pipe: IO[bytes] | None) -> int:
    if pipe is None:
        raise TypeError("the child was started without a pipe")
    return pipe.fileno()
