"""Reads rows and asks for statuses all the time, as an impatient client would."""

import contextlib
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from azure.core.exceptions import AzureError

from harness.chaos.campaigns.background import in_background
from harness.chaos.campaigns.record import Record
from harness.rig.client import FINAL
from harness.rig.service import Service

LOOK_EVERY_S = 0.2


@dataclass(slots=True)
class Watcher:
    """A look at all rows, some times a second; then a poll of one job."""

    service: Service
    record: Record
    # Each is told the moment before the look, and the rows by name.
    on_look: list[Callable[[float, dict[str, Any]], None]] = field(default_factory=list)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)  # by name, as last seen
    is_polling: bool = True
    _looking: threading.Lock = field(default_factory=threading.Lock)

    def watching(self) -> contextlib.AbstractContextManager[None]:
        """Until the block ends."""
        return in_background("watcher", self._look_and_poll, self.record.violations)

    def open_names(self) -> list[str]:
        """Uploads whose job was not seen to have ended."""
        rows = self.rows
        return [name for name in self.record.names() if not self._has_ended(name, rows)]

    def _has_ended(self, name: str, rows: dict[str, dict[str, Any]]) -> bool:
        row, sent = rows.get(name), self.record.newest(name)
        return bool(row and sent and row["status"] in FINAL and row["upload_etag"] == sent.etag)

    def _look_and_poll(self, stop: threading.Event) -> None:
        chance = random.Random(0)
        while not stop.wait(LOOK_EVERY_S):
            # Storage may be out of reach for a while, and the app dead: that is what it is about.
            with contextlib.suppress(AzureError, OSError, HTTPException):
                self.look()
            with contextlib.suppress(OSError, HTTPException):
                if self.is_polling:
                    self._poll(chance)

    def look(self) -> dict[str, dict[str, Any]]:
        """The rows as they are now, by name."""
        with self._looking:
            at_s = time.monotonic()
            rows = {row["blob_name"]: row for row in self.service.rows()}
            for row in rows.values():
                self.record.see_row(row)
            self.rows = rows
            for each in self.on_look:
                each(at_s, rows)
            return rows

    def _poll(self, chance: random.Random) -> None:
        """Asks for a job that has a row: asking may also make the app notice an upload."""
        names = list(self.rows)
        if not names:
            return
        name = chance.choice(names)
        before = self.record.newest(name)
        answer = self.service.status(name)
        if answer and before and self.record.newest(name) == before:
            self.record.see_answer(name, before.etag, answer)
