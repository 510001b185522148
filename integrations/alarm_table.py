"""The table of alarms: an index of jobs by the time at which somebody must look at them again.

Table Storage finds rows by their keys alone: the kind is a partition, the time is the beginning of
the key, so that a query for what is due reads nothing else, however many jobs are stored.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, UpdateMode

from integrations.storage import create, storage_errors, with_creation
from jobs.alarm import Alarm, Kind

ALARMS_TABLE = "jobalarms"
TIME = "%Y%m%dT%H%M%S.%f"


class AlarmTable:
    """Sets, finds and clears alarms; the table is created on first use."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def set(self, alarm: Alarm) -> None:
        """Stores the alarm; setting it twice is the same as once."""
        with_creation(partial(self._upsert, alarm), self.create)

    def due(self, kind: Kind, now: datetime) -> Iterator[Alarm]:
        """Alarms whose time has come, the oldest first, page by page."""
        before = now.astimezone(UTC).strftime(TIME)
        try:
            with storage_errors():
                for entity in self._table.query_entities(
                    f"PartitionKey eq '{kind}' and RowKey lt '{before}'", select=["RowKey"]
                ):
                    if alarm := _alarm(kind, entity["RowKey"]):
                        yield alarm
                    else:  # somebody's own entry, which would hide those behind it
                        self._table.delete_entity(kind.value, entity["RowKey"])
        except ResourceNotFoundError:
            self.create()

    def clear(self, alarm: Alarm) -> None:
        """Removes the alarm; harmless when it is gone."""
        with storage_errors():
            self._table.delete_entity(alarm.kind.value, _row_key(alarm))

    def create(self) -> None:
        """Creates the table; harmless when it is there."""
        create(self._table.create_table)

    def _upsert(self, alarm: Alarm) -> None:
        with storage_errors():
            self._table.upsert_entity(
                {"PartitionKey": alarm.kind.value, "RowKey": _row_key(alarm)},
                mode=UpdateMode.REPLACE,
            )


def _row_key(alarm: Alarm) -> str:
    """Sorts by time; at most 423 characters, since a job's key has 400."""
    return f"{alarm.at.astimezone(UTC).strftime(TIME)}-{alarm.job_key}"


def _alarm(kind: Kind, row_key: str) -> Alarm | None:
    time, _, job_key = row_key.partition("-")
    try:
        return Alarm(kind, job_key, datetime.strptime(time, TIME).replace(tzinfo=UTC))
    except ValueError:
        return None
