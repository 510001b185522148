"""What clients did and what they were shown: uploads in order, and every status that was seen."""

import threading
from dataclasses import dataclass, field
from typing import Any

from harness.chaos.campaigns.sources import Source
from harness.rig.client import FINAL


@dataclass(frozen=True, slots=True)
class Sent:
    """An upload that storage accepted."""

    name: str
    etag: str
    source: Source
    at_s: float  # on the monotonic clock


@dataclass(slots=True)
class Record:
    """Safe to use from several threads."""

    sent: dict[str, list[Sent]] = field(default_factory=dict)  # by name, in order
    violations: list[str] = field(default_factory=list)
    rows_seen: int = 0  # changes of rows
    polls: int = 0  # answers of the status API
    _last: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    _newest: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, sent: Sent) -> None:
        """An upload was accepted."""
        with self._lock:
            self.sent.setdefault(sent.name, []).append(sent)

    def newest(self, name: str) -> Sent | None:
        """The last upload of that name."""
        with self._lock:
            return self.sent[name][-1] if name in self.sent else None

    def names(self) -> list[str]:
        """Every name that was uploaded and is not forgotten."""
        with self._lock:
            return list(self.sent)

    def see_row(self, row: dict[str, Any]) -> None:
        """A row as it is now; rows are to be told in the order in which they were read."""
        name, etag = row["blob_name"], row["upload_etag"]
        with self._lock:
            etags = [each.etag for each in self.sent.get(name, [])]
            if etag in etags:  # else the upload's answer is still on its way to the client
                number = etags.index(etag)
                if number < self._newest.get(name, 0):
                    self._break(f"I3: the row of {name} went back to an older upload")
                self._newest[name] = max(number, self._newest.get(name, 0))
            self._see(name, etag, row["status"], int(row["attempts"].value))

    def see_answer(self, name: str, etag: str, answer: dict[str, Any]) -> None:
        """What the API says of a name whose newest upload is `etag`."""
        self.polls += 1
        with self._lock:
            if self._newest.get(name, -1) == len(self.sent.get(name, [])) - 1:
                self._see(name, etag, answer["status"], answer["attempts"])

    def forget(self, name: str) -> None:
        """The job is judged."""
        with self._lock:
            etags = [each.etag for each in self.sent.pop(name, [])]
            self._newest.pop(name, None)
            for etag in etags:
                self._last.pop((name, etag), None)

    def _see(self, name: str, etag: str, status: str, attempts: int) -> None:
        before, now = self._last.get((name, etag)), (status, attempts)
        if before == now:
            return
        self.rows_seen += 1
        self._last[name, etag] = now
        if before and before[0] in FINAL and status != before[0]:
            self._break(f"I3: {name} was {before[0]} and is {status} again, for the same upload")
        if before and attempts < before[1]:
            self._break(f"I3: {name} went from attempt {before[1]} back to {attempts}")

    def _break(self, violation: str) -> None:
        self.violations.append(violation)
