"""Whether this process is to end, and how its attempts hand their jobs back before."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from errors import WorkerStoppedError
from worker.stray_processes import kill_processes_in

# For the attempts to hand their jobs back. Platforms kill what lives on 30 s after SIGTERM.
DRAIN_LIMIT_S = 20.0
# By then the process has ended.
END_LIMIT_S = DRAIN_LIMIT_S + 5.0
KILL_EVERY_S = 0.1
ASK_EVERY_S = 0.5


class Shutdown:
    """Whether this process was told to end, and what works in it until then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._attempts = 0
        self._folders: set[Path] = set()
        self.is_requested = False

    @property
    def attempts(self) -> int:
        """How many are on at the moment."""
        return self._attempts

    def request(self) -> None:
        """From now on no attempt begins, and those that run stop at their next step."""
        self.is_requested = True

    def check(self) -> None:
        """Raises WorkerStoppedError once this process was told to end."""
        if self.is_requested:
            raise WorkerStoppedError

    def wait(self, seconds: float) -> None:
        """Sleeps for that long, and little longer than until this process is told to end."""
        end_s = time.monotonic() + seconds
        while not self.is_requested and (left_s := end_s - time.monotonic()) > 0:
            time.sleep(min(left_s, ASK_EVERY_S))

    def is_over(self, end_s: float) -> bool:
        """Whether it is `end_s`, of time.monotonic(), or this process was told to end."""
        return self.is_requested or time.monotonic() >= end_s

    def wait_until(self, is_so: Callable[[], bool], end_s: float, every_s: float) -> bool:
        """Asks whether it is so, again and again; False when it is not before all is over."""
        while not (answer := is_so()) and not self.is_over(end_s):
            self.wait(every_s)
        return answer

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """An attempt is on until the block ends; when it is too late, it never begins.

        Then this waits for the end of the process: a host that got an error at once would hand
        message after message to a worker that takes none, until it took them for poison. Raises
        WorkerStoppedError where the end does not come.
        """
        with self._lock:
            begins = not self.is_requested
            self._attempts += begins
        if not begins:
            time.sleep(END_LIMIT_S)
            raise WorkerStoppedError
        try:
            yield
        finally:
            with self._lock:
                self._attempts -= 1

    @contextmanager
    def working_in(self, folder: Path) -> Iterator[None]:
        """Processes that work in this folder may be killed when it is time to stop."""
        with self._lock:
            self._folders.add(folder)
        try:
            yield
        finally:
            with self._lock:
                self._folders.discard(folder)

    def drain(self, limit_s: float = DRAIN_LIMIT_S) -> bool:
        """Kills what the attempts wait for until all have ended; False when some have not in time.

        Again and again: an attempt may be about to start another encoder.
        """
        self.request()
        deadline = time.monotonic() + limit_s
        while self._attempts and time.monotonic() < deadline:
            with self._lock:
                folders = list(self._folders)
            kill_processes_in(folders)
            time.sleep(KILL_EVERY_S)
        return not self._attempts
