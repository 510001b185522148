"""While storage does not answer: who must be heard asks again, one at a time, and seldom."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from errors import StorageUnavailableError
from lifecycle.stopping import Stopping

T = TypeVar("T")

# Each pause is twice the one before. The longest is short beside what finds lapsed leases: who
# lives must be heard before another worker takes it for dead.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 5.0


class Silence:
    """Who waits in this process for storage to answer; made once for all of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_asking = False

    def outlasted(self, ask: Callable[[], T], stopping: Stopping, end_s: float) -> T:
        """What `ask` returns, once storage answers it.

        Raises StorageUnavailableError when it has not by `end_s`, of time.monotonic(), or when this
        process is to end: after one more try in either case.
        """
        pause_s = FIRST_PAUSE_S
        with self._turn(stopping, end_s):
            while True:
                is_last = stopping.is_over(end_s)
                try:
                    return ask()
                except StorageUnavailableError:
                    if is_last:
                        raise
                stopping.wait(min(pause_s, max(0, end_s - time.monotonic())))
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    @contextmanager
    def _turn(self, stopping: Stopping, end_s: float) -> Iterator[None]:
        """Others wait until the one who asks has heard; then each of them asks once.

        At the end nobody waits for a turn any more.
        """
        is_mine = stopping.wait_until(self._is_taken, end_s, FIRST_PAUSE_S)
        try:
            yield
        finally:
            if is_mine:
                self._is_asking = False

    def _is_taken(self) -> bool:
        with self._lock:
            is_free, self._is_asking = not self._is_asking, True
            return is_free
