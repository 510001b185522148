"""Writes beside a request: nobody waits for one, and nothing fails when it cannot be made."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from errors import StorageUnavailableError
from jobs.request_rate import Rate
from lifecycle.buckets import Buckets
from worker.log import log

ONCE_A_MINUTE = Rate(per_minute=1, burst=1)


class BackgroundWrites:
    """Made in a thread of their own, those of one name at most once in a minute."""

    def __init__(self) -> None:
        self._written = Buckets()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="background")

    def once(self, name: str, write: Callable[[], None]) -> None:
        """Has it written, unless one of that name was written less than a minute ago."""
        if self._written.ask(name, ONCE_A_MINUTE).is_allowed:
            self._thread.submit(_tried, write)

    def wait(self) -> None:
        """Until all so far is written."""
        self._thread.submit(int).result()


def _tried(write: Callable[[], None]) -> None:
    try:
        write()
    except StorageUnavailableError:
        log.warning("the use of a key was not noted: storage did not answer")
