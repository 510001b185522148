"""A lock that most attempts share, and that one at its last chance has to itself.

Two workers died while they ran such a job. Whether the job killed them, or another one beside it,
shows when nothing else is running: a third death is its own.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from worker.shutdown import Shutdown

ASK_EVERY_S = 0.2
# For the end of the others' work; then the message comes back, perhaps to another worker.
WAIT_LIMIT_S = 60.0


class SharedExclusiveLock:
    """One for each process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders = 0
        self._is_exclusive = False

    @contextmanager
    def held(self, shutdown: Shutdown, *, exclusive: bool) -> Iterator[bool]:
        """True when the lock was taken, which lasts until the block ends; False when it was not.

        Waits while it is held exclusively, or, to be `exclusive`, while it is held at all; but not
        when this process is to end.
        """
        end_s = time.monotonic() + WAIT_LIMIT_S
        take = partial(self._take, exclusive=exclusive)
        is_taken = shutdown.wait_until(take, end_s, ASK_EVERY_S)
        try:
            yield is_taken
        finally:
            if is_taken:
                self._release(exclusive=exclusive)

    def _take(self, *, exclusive: bool) -> bool:
        with self._lock:
            if self._is_exclusive or (exclusive and self._holders):
                return False
            self._holders += 1
            self._is_exclusive = exclusive
            return True

    def _release(self, *, exclusive: bool) -> None:
        with self._lock:
            self._holders -= 1
            if exclusive:
                self._is_exclusive = False
