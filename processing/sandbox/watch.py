"""Watches one child process to its end: reads its two pipes, keeps its clock, judges its end."""

import os
import re
import selectors
import signal
import time
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol, runtime_checkable

from errors import DiskFullError, EncoderKilledError, EncodingError, TimeLimitError
from processing.sandbox.limits import Bounds

_STDERR_TAIL_BYTES: Final = 16 * 1024
_STDOUT_LIMIT_BYTES: Final = 4 * 1024 * 1024
_OUT_OF_MEMORY: Final = re.compile(r"Cannot allocate memory|malloc of size \d+ failed")
# What should bind the child failed, or failed to start it.
_UNBOUND: Final = re.compile(r"(prlimit|setpriv): ")
_EXITED_BY_SIGNAL: Final = 255  # Ffmpeg catches the polite signals and exits with this.


class ResultTooLargeError(Exception):
    """The child was stopped because it wrote more than it was allowed to; nothing is wrong."""


_BY_SIGNAL: Final[dict[int, type[Exception]]] = {
    -signal.SIGXFSZ: ResultTooLargeError,
    -signal.SIGXCPU: TimeLimitError,
}


class Finished(NamedTuple):
    """How a child ended by itself."""

    status: int
    output: str  # its stdout, empty when a listener took the lines
    errors: str  # the last of its stderr: for the log, never for a client


# It is told each line of stdout, and answers whether the line shows progress. What it raises stops
# the child.
Listener = Callable[[str], bool]


@runtime_checkable
class ErrorListener(Protocol):
    """A listener that is told each line of stderr as well. What it raises stops the child."""

    def take_error(self, line: str) -> None:
        """Take one line of stderr."""


class Child(Protocol):
    """A child process that was started, however that was done."""

    @property
    def output(self) -> int:
        """The file descriptor that its stdout can be read from."""

    @property
    def errors(self) -> int:
        """The same of its stderr."""

    def status(self, wait_s: float) -> int | None:
        """Its exit status, negative for a signal; None when it still runs after `wait_s`."""

    def stop(self) -> None:
        """End its whole group; it is gone when this returns. Nothing to do when it has ended."""


def watch(child: Child, bounds: Bounds, listener: Listener | None) -> Finished:
    """Follow `child` to its end and tell how it ended; a non-zero status is not an error here.

    The child is gone when this returns or raises. Raises TimeLimitError (deadline or stall),
    EncoderKilledError (a signal, out of memory), DiskFullError, ResultTooLargeError, EncodingError
    (it could not be bound or started), and what `listener` raises.
    """
    try:
        finished = _Watch(child, bounds, listener).until_it_ends()
    finally:
        child.stop()
    failure = _failure(finished)
    if failure is None:
        return finished
    failure.add_note(f"Its status was {finished.status}. {finished.errors}")
    raise failure


class _Watch:
    def __init__(self, child: Child, bounds: Bounds, listener: Listener | None) -> None:
        self._child = child
        self._bounds = bounds
        self._listener = listener
        self._output = bytearray()
        self._errors = bytearray()
        self._error_line = b""
        self._alive_at = time.monotonic()

    def until_it_ends(self) -> Finished:
        with selectors.PollSelector() as selector:
            selector.register(self._child.output, selectors.EVENT_READ, self._take_output)
            selector.register(self._child.errors, selectors.EVENT_READ, self._take_errors)
            while selector.get_map():
                for key, _ in selector.select(self._wait_s()):
                    chunk = os.read(key.fd, 65536)
                    key.data(chunk)
                    if not chunk:
                        selector.unregister(key.fileobj)
        while (status := self._child.status(self._wait_s())) is None:
            pass
        return Finished(
            status, self._output.decode(errors="replace"), self._errors.decode(errors="replace")
        )

    def _wait_s(self) -> float:
        """How long to wait at most; raises TimeLimitError when time is up."""
        now = time.monotonic()
        left_s = self._bounds.deadline - now
        if self._listener:
            left_s = min(left_s, self._alive_at + self._bounds.stall_s - now)
        if left_s <= 0:
            raise TimeLimitError
        return left_s

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
        if isinstance(self._listener, ErrorListener):
            *lines, rest = (self._error_line + chunk).split(b"\n")
            self._error_line = rest[-_STDERR_TAIL_BYTES:]
            for line in lines:
                self._listener.take_error(line.decode(errors="replace"))


def _failure(finished: Finished) -> Exception | None:
    if finished.status == 0:
        return None
    if finished.status in _BY_SIGNAL:
        return _BY_SIGNAL[finished.status]()
    if _UNBOUND.match(finished.errors):
        return EncodingError()
    if "No space left on device" in finished.errors:
        return DiskFullError()
    was_signalled = finished.status == _EXITED_BY_SIGNAL and "received signal" in finished.errors
    if finished.status < 0 or was_signalled or _OUT_OF_MEMORY.search(finished.errors):
        return EncoderKilledError()
    return None
