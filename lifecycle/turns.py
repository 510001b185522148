"""Who works beside whom in this process: a job at its last chance works alone.

Two workers died over such a job. Whether it was the job that killed them, or another one beside it,
shows when nothing else is at work: a third death is its own.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from lifecycle.stopping import Stopping

LOOK_EVERY_S = 0.2
# For the end of others' work; then the message comes back, perhaps to another worker.
WAIT_LIMIT_S = 60.0


class Turns:
    """One for each process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_work = 0
        self._is_one_alone = False

    @contextmanager
    def taken(self, stopping: Stopping, *, alone: bool) -> Iterator[bool]:
        """True when its turn has come, which lasts until the block ends; False when it has not.

        Waits while one is at work alone, or, to be `alone`, while anybody is; but not when this
        process is to end.
        """
        end_s = time.monotonic() + WAIT_LIMIT_S
        is_taken = stopping.wait_until(partial(self._take, alone=alone), end_s, LOOK_EVERY_S)
        try:
            yield is_taken
        finally:
            if is_taken:
                self._end(alone=alone)

    def _take(self, *, alone: bool) -> bool:
        with self._lock:
            if self._is_one_alone or (alone and self._at_work):
                return False
            self._at_work += 1
            self._is_one_alone = alone
            return True

    def _end(self, *, alone: bool) -> None:
        with self._lock:
            self._at_work -= 1
            if alone:
                self._is_one_alone = False
