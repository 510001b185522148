"""Tables of which each holds one month or one day, so that what is old goes as a whole."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from azure.data.tables import TableClient

from integrations.storage import storage_errors


class DatedTables:
    """The tables of one kind; each is created by whoever writes into it first."""

    def __init__(
        self, name: str, period: str, days: int, client: Callable[[str], TableClient]
    ) -> None:
        self._name = name
        self._period = period  # what strftime() turns into a table's mark
        self._length = timedelta(days=days)  # of a period, at least
        self._client = lru_cache(maxsize=32)(client)
        self._cleared = ""

    def current(self, now: datetime) -> list[TableClient]:
        """The table that is written to, and the one before."""
        mark = self._mark(now)
        return [self._client(self._name + each) for each in (mark, self._before(now)[0])]

    def since(self, begin: datetime, now: datetime) -> list[TableClient]:
        """The tables of all periods from then until now, the newest first."""
        marks, count = [self._mark(now)], 0
        while marks[-1] > self._mark(begin):
            count += 1
            marks = [self._mark(now), *self._before(now, count)]
        return [self._client(self._name + mark) for mark in marks]

    def of(self, at: datetime) -> TableClient:
        """The table of that period."""
        return self._client(self._name + self._mark(at))

    def drop_before(self, oldest: datetime, periods: int = 3) -> None:
        """Deletes the latest ones before the one of that moment, once in each period."""
        self._drop(self._mark(oldest), self._before(oldest, periods))

    def drop_old(self, now: datetime, periods: int = 3) -> None:
        """Deletes the latest ones that are not current any more, once in each period."""
        self._drop(self._mark(now), self._before(now, periods + 1)[1:])

    def _drop(self, present: str, marks: list[str]) -> None:
        if present != self._cleared:
            for old in marks:
                with storage_errors():
                    self._client(self._name + old).delete_table()
            self._cleared = present

    def _mark(self, at: datetime) -> str:
        return at.astimezone(UTC).strftime(self._period)

    def _before(self, now: datetime, count: int = 1) -> list[str]:
        """The marks of the periods before this one, the latest first."""
        present, marks = self._mark(now), list[str]()
        while len(marks) < count:
            now -= self._length
            if self._mark(now) not in (present, *marks):
                marks.append(self._mark(now))
        return marks
