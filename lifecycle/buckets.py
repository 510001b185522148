"""The rates of keys and addresses in this process."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from jobs.request_rate import Rate, Verdict, asked

MOST_REMEMBERED = 10_000


class Buckets:
    """Remembers those that were asked last; safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._next_free_s: OrderedDict[str, float] = OrderedDict()

    def ask(self, name: str, rate: Rate, *, is_counted: bool = True) -> Verdict:
        """Counts one more, or only looks whether one more would pass."""
        with self._lock:
            verdict = asked(rate, self._next_free_s.get(name), self._clock())
            if is_counted:
                self._next_free_s[name] = verdict.next_free_s
                self._next_free_s.move_to_end(name)
                while len(self._next_free_s) > MOST_REMEMBERED:
                    self._next_free_s.popitem(last=False)
        return verdict
