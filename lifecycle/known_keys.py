"""Managed keys as this process knows them: at most half a minute old."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from errors import StorageUnavailableError
from integrations.key_table import KeyTable
from jobs.managed_key import ManagedKey
from worker.log import log

# From then on a key is served as it is known for the last time, and read again beside that.
STALE_AFTER_S = 30.0
# While storage does not answer, keys that are known work for so long.
SILENCE_S = 300.0
# An id that no key has is not asked for again before that.
UNKNOWN_S = 5.0
MOST_KNOWN = 10_000
REFRESH_THREADS = 2


@dataclass(frozen=True, slots=True)
class Known:
    """What a read gave, and when."""

    key: ManagedKey | None
    at_s: float


class KnownKeys:
    """Finds keys by id; safe to use from several threads.

    A key is read when nothing is known of it or that is older than STALE_AFTER_S, and beside the
    request when it is older than `fresh_s`: a revocation counts everywhere within STALE_AFTER_S.
    """

    def __init__(
        self, table: KeyTable, fresh_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._table = table
        self._fresh_s = fresh_s
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._being_read: set[str] = set()
        self._threads = ThreadPoolExecutor(REFRESH_THREADS, thread_name_prefix="keys")

    def find(self, key_id: str, *, from_storage: bool = True) -> ManagedKey | None:
        """The key, or None; raises StorageUnavailableError when nobody can say.

        Without `from_storage`, only what is known here counts.
        """
        with self._lock:
            known = self._known.get(key_id)
            if known:
                self._known.move_to_end(key_id)
        age_s = self._clock() - known.at_s if known else SILENCE_S
        if known and age_s < (self._fresh_s if known.key else UNKNOWN_S):
            return known.key
        if known and known.key and age_s < STALE_AFTER_S:
            self._read_beside(key_id)
            return known.key
        if not from_storage:
            return None
        try:
            return self.read(key_id)
        except StorageUnavailableError:
            if known and known.key and age_s < SILENCE_S:
                log.warning("storage is silent: key %s counts as it was known", key_id)
                return known.key
            raise

    def read(self, key_id: str) -> ManagedKey | None:
        """The key as it is now; one call."""
        began_s = self._clock()
        key = self._table.get(key_id)
        with self._lock:
            self._known[key_id] = Known(key, began_s)
            self._known.move_to_end(key_id)
            while len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        return key

    def forget(self, key_id: str) -> None:
        """The key was changed by us."""
        with self._lock:
            self._known.pop(key_id, None)

    def _read_beside(self, key_id: str) -> None:
        with self._lock:
            if key_id in self._being_read:
                return
            self._being_read.add(key_id)

        def read() -> None:
            try:
                with suppress(StorageUnavailableError):  # then it is as old as it is
                    self.read(key_id)
            finally:
                with self._lock:
                    self._being_read.discard(key_id)

        self._threads.submit(read)
