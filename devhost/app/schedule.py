"""Computes when a timer is due: NCRONTAB expressions and hh:mm:ss intervals, in local time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from croniter import croniter

from devhost.app.host_json import TIME_SPAN, time_span_s
from devhost.failure import StartFailure


@dataclass(frozen=True, slots=True)
class Schedule:
    """A timer's schedule."""

    # Six fields, seconds first; "" for a constant interval.
    expression: str
    interval_s: float

    def next_after(self, moment: datetime) -> datetime:
        """The first occurrence after `moment`, which is aware; the result is in the same zone."""
        if not self.expression:
            return moment + timedelta(seconds=self.interval_s)
        # NCRONTAB wants both the day of the month and the day of the week to match.
        turns = croniter(self.expression, moment, second_at_beginning=True, day_or=False)
        found: datetime = turns.get_next(datetime)
        return found

    def is_shorter_than_a_minute(self, moment: datetime) -> bool:
        """Whether it fires more often than the host cares to remember in a status blob."""
        first = self.next_after(moment)
        return self.next_after(first) - first < timedelta(minutes=1)


def parse_schedule(text: str) -> Schedule:
    """The schedule in `text`; raises StartFailure for one that the host cannot read."""
    if TIME_SPAN.fullmatch(text):
        return Schedule("", time_span_s("schedule", text))
    fields = text.split()
    if len(fields) == 5:
        fields.insert(0, "0")
    expression = " ".join(fields)
    # croniter knows aliases and a seventh field, the host does not.
    if len(fields) != 6 or not croniter.is_valid(expression, second_at_beginning=True):
        raise StartFailure(
            f"The schedule expression '{text}' was not recognized as a valid cron expression or "
            "timespan string."
        )
    return Schedule(expression, 0.0)
