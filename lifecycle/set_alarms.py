"""Which alarms of endpoints this process has set: of one second, one is enough for all."""

import threading
from datetime import datetime, timedelta

from jobs.alarm import Alarm

# An alarm that rings sooner may have been answered, and cleared, by the time it is needed.
SOON = timedelta(seconds=10)
MOST_REMEMBERED = 10_000


class SetAlarms:
    """Remembers the latest; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._set: dict[Alarm, None] = {}

    def stands(self, alarm: Alarm, now: datetime) -> bool:
        """Whether it was set, and cannot have been cleared yet."""
        with self._lock:
            return alarm in self._set and alarm.at - now > SOON

    def add(self, alarm: Alarm) -> None:
        """Remembers it; the oldest are forgotten."""
        with self._lock:
            self._set[alarm] = None
            while len(self._set) > MOST_REMEMBERED:
                del self._set[next(iter(self._set))]
