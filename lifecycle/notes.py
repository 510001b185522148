"""What is written beside a request: nobody waits for it, and nothing fails when it cannot be."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from errors import StorageUnavailableError
from jobs.request_rate import Rate
from lifecycle.buckets import Buckets
from worker.log import log

NOTED = Rate(per_minute=1, burst=1)


class Notes:
    """Writes each note in a thread of its own, and one of a name at most once in a minute."""

    def __init__(self) -> None:
        self._written = Buckets()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="notes")

    def once(self, name: str, write: Callable[[], None]) -> None:
        """Writes the note, unless one of that name was written a moment ago."""
        if self._written.ask(name, NOTED).is_allowed:
            self._thread.submit(_tried, write)

    def wait(self) -> None:
        """Until all that was noted so far is written."""
        self._thread.submit(int).result()


def _tried(write: Callable[[], None]) -> None:
    try:
        write()
    except StorageUnavailableError:
        log.warning("the use of a key was not noted: storage did not answer")
