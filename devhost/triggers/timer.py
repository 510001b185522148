"""Drives one timer: waits, fires, never overlaps, and remembers in storage when it was due."""

import asyncio
import contextlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob import BlobClient

from devhost import console
from devhost.app.metadata import Function
from devhost.app.schedule import Schedule, parse_schedule
from devhost.datum import Datum
from devhost.dispatch.call import Call
from devhost.dispatch.invocation import Invoker

# .NET's default(DateTime): never.
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Status:
    """When a timer last fired, when it is due, and when that was written."""

    last: datetime
    next: datetime
    last_updated: datetime

    def to_dict(self) -> dict[str, str]:
        """The form of the status blob and of the function's schedule_status."""
        return {
            "Last": self.last.isoformat(),
            "Next": self.next.isoformat(),
            "LastUpdated": self.last_updated.isoformat(),
        }

    @classmethod
    def from_json(cls, text: str) -> "Status":
        """The reverse; raises ValueError or KeyError."""
        content = json.loads(text)
        last, following, updated = (
            datetime.fromisoformat(content[key]) for key in ("Last", "Next", "LastUpdated")
        )
        return cls(last, following, updated)


class TimerListener:
    """One timer-triggered function."""

    def __init__(self, function: Function, status_blob: BlobClient, invoker: Invoker) -> None:
        self._function = function
        self._schedule = parse_schedule(function.trigger.text("schedule"))
        self._status_blob = status_blob
        self._invoker = invoker
        is_wanted = function.trigger.options.get("useMonitor", True) is not False
        self._is_monitored = is_wanted and not self._schedule.is_shorter_than_a_minute(_now())
        self._stopping = asyncio.Event()
        self._status = Status(NEVER, self._schedule.next_after(_now()), _now())

    def stop(self) -> None:
        """Makes `listen` return once the function does not run."""
        self._stopping.set()

    async def listen(self) -> None:
        """Fires until stopped."""
        if await self._is_past_due():
            console.log(f"Function '{self._function.name}' is past due on startup. Executing now.")
            await self._fire(is_past_due=True, is_scheduled=False)
        elif self._function.trigger.options.get("runOnStartup"):
            console.log(
                f"Function '{self._function.name}' is configured to run on startup. Executing now."
            )
            await self._fire(is_scheduled=False)
        while not await self._is_stopped_before(self._status.next):
            await self._fire()

    async def _is_stopped_before(self, moment: datetime) -> bool:
        pause_s = (moment - _now()).total_seconds()
        if pause_s > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause_s)
        return self._stopping.is_set()

    async def _is_past_due(self) -> bool:
        """Whether an occurrence was missed while no host ran."""
        if not self._is_monitored:
            return False
        stored = await asyncio.to_thread(self._read)
        checked = checked_status(stored, self._schedule, _now())
        if checked != stored:
            await self._remember(checked)
        self._status = checked
        return _now() > checked.next

    async def _fire(self, *, is_scheduled: bool = True, is_past_due: bool = False) -> None:
        # A tick that comes early by a fraction must not make the same occurrence due again.
        started = max(_now(), self._status.next) if is_scheduled else _now()
        await self._invoker.run(
            timer_call(
                self._function,
                self._status if self._is_monitored else None,
                f"Timer fired at {_now().isoformat()}",
                is_past_due=is_past_due,
            )
        )
        # From the start of the run: a run longer than the interval is followed by one at once.
        status = Status(started, self._schedule.next_after(started), started)
        await self._remember(status)

    async def _remember(self, status: Status) -> None:
        self._status = status
        if not self._is_monitored:
            return
        try:
            await asyncio.to_thread(
                self._status_blob.upload_blob, json.dumps(status.to_dict()), overwrite=True
            )
        except AzureError as error:
            console.log(
                f"The status of '{self._function.name}' cannot be written: "
                f"{str(error).splitlines()[0]}"
            )

    def _read(self) -> Status | None:
        try:
            return Status.from_json(self._status_blob.download_blob(encoding="utf-8").readall())
        except (ResourceNotFoundError, ValueError, KeyError):
            return None


def checked_status(stored: Status | None, schedule: Schedule, now: datetime) -> Status:
    """What holds on start: the stored status, corrected when the schedule was changed meanwhile.

    A changed schedule never makes a timer past due (ScheduleMonitor.CheckPastDueAsync).
    """
    if stored is None:
        return Status(NEVER, schedule.next_after(now), now)
    base = stored.last if stored.last.year > 1 else stored.last_updated
    expected = schedule.next_after(base)
    if stored.next == expected:
        return stored
    if now > expected:
        return Status(NEVER, schedule.next_after(now), now)
    return Status(NEVER, expected, base)


def timer_call(
    function: Function, status: Status | None, reason: str, *, is_past_due: bool = False
) -> Call:
    """The invocation of a timer function."""
    payload: dict[str, Any] = {
        "Schedule": {"AdjustForDST": True},
        "ScheduleStatus": status.to_dict() if status else None,
        "IsPastDue": is_past_due,
    }
    details = "UnscheduledInvocationReason: IsPastDue" if is_past_due else ""
    return Call(function, reason, Datum.of_json(payload), details=details)


def _now() -> datetime:
    """Now in the local zone, in which the host reads schedules."""
    return datetime.now(UTC).astimezone()
