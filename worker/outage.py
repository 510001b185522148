"""While storage does not answer, one thread tries again what must be written, ever more seldom."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from errors import StorageUnavailableError
from worker.shutdown import Shutdown

T = TypeVar("T")

# Each pause is twice the one before. The longest is short beside what finds lapsed leases: an
# attempt that lives must be heard before another worker takes it for dead.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 5.0


class Outage:
    """Which thread of this process asks storage whether it answers again; made once for all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_asking = False

    def wait_out(self, call: Callable[[], T], shutdown: Shutdown, end_s: float) -> T:
        """What `call` returns, once storage answers it.

        Raises StorageUnavailableError when it has not by `end_s`, of time.monotonic(), or when this
        process is to end: after one more try in either case.
        """
        pause_s = FIRST_PAUSE_S
        with self._turn(shutdown, end_s):
            while True:
                is_last = shutdown.is_over(end_s)
                try:
                    return call()
                except StorageUnavailableError:
                    if is_last:
                        raise
                shutdown.wait(min(pause_s, max(0, end_s - time.monotonic())))
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    @contextmanager
    def _turn(self, shutdown: Shutdown, end_s: float) -> Iterator[None]:
        """Others wait until the thread that asks was answered; then each of them asks once.

        At the end no thread waits for its turn any more.
        """
        is_mine = shutdown.wait_until(self._is_taken, end_s, FIRST_PAUSE_S)
        try:
            yield
        finally:
            if is_mine:
                self._is_asking = False

    def _is_taken(self) -> bool:
        with self._lock:
            is_free, self._is_asking = not self._is_asking, True
            return is_free
