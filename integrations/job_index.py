"""The index of jobs: a table for each month, in it a partition for each tenant and day."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, UpdateMode

from integrations.columns import plain, stored
from integrations.dated_tables import DatedTables
from integrations.readable_rows import readable
from integrations.storage import create, storage_errors, with_creation
from jobs.day_sums import DaySums, decode, encode
from jobs.index_entry import DAY, IndexEntry, partition_of
from jobs.job import Status
from jobs.message import Priority

INDEX_TABLES = "jobindex"  # and a month
# Of an entry whose job has not ended, as far as the index knows.
OPEN = "open"
PAGE = 1000
SUMS = "sum"
ENDED = (Status.COMPLETED, Status.FAILED)
OPTIONAL = ("bytes_after", "seconds", "waited_s", "error_code", "settled_at")


class JobIndex:
    """Writes entries, and reads those of a day; each table is created by its first entry."""

    def __init__(self, client: Callable[[str], TableClient]) -> None:
        self._tables = DatedTables(INDEX_TABLES, "%Y%m", 28, client)

    def put(self, entry: IndexEntry) -> None:
        """Stores what is known of a job; storing it twice is the same as once."""
        self._upsert(entry.created_at, _entity(entry))

    def of_day(
        self,
        tenant: str,
        day: datetime,
        after: str = "",
        status: Status | None = None,
        page: int = PAGE,
    ) -> Iterator[IndexEntry]:
        """The entries of a day, the newest first, from behind that key on.

        Of one status only those that have it, or may have it by now. So many come with one call.
        """
        words = {OPEN, status if status in ENDED else OPEN}
        any_of_them = " or ".join(f"status eq '{word}'" for word in sorted(words))
        wanted = f" and ({any_of_them})" if status else ""
        query = "PartitionKey eq @partition and RowKey gt @after" + wanted
        given = {"partition": partition_of(tenant, day), "after": after}
        try:
            with storage_errors():
                found = self._tables.of(day).query_entities(
                    query, parameters=given, results_per_page=page
                )
                yield from readable(found, partial(_entry, tenant))
        except ResourceNotFoundError:
            return

    def sums(self, tenant: str, first: datetime, last: datetime) -> dict[str, DaySums]:
        """By day, of days of one month, as far as they were stored; one call."""
        query = "PartitionKey eq @partition and RowKey ge @first and RowKey le @last"
        given = {"partition": _sums(tenant), "first": f"{first:{DAY}}", "last": f"{last:{DAY}}"}
        try:
            with storage_errors():
                found = list(self._tables.of(first).query_entities(query, parameters=given))
        except ResourceNotFoundError:
            return {}
        return dict(readable(found, lambda row: (row["RowKey"], decode(row["sums"]))))

    def put_sums(self, tenant: str, day: datetime, sums: DaySums) -> None:
        """Stores those of a day that is over."""
        row = {"PartitionKey": _sums(tenant), "RowKey": f"{day:{DAY}}", "sums": encode(sums)}
        self._upsert(day, row)

    def forget_sums(self, tenant: str, day: datetime) -> None:
        """Of a day of which a job has not ended after all; harmless when there are none."""
        with storage_errors():
            self._tables.of(day).delete_entity(_sums(tenant), f"{day.astimezone(UTC):{DAY}}")

    def drop_before(self, oldest: datetime) -> None:
        """Deletes the tables of the months before that moment's."""
        self._tables.drop_before(oldest)

    def __repr__(self) -> str:
        """For the log, when they could not be dropped."""
        return "old months of the index of jobs"

    def _upsert(self, at: datetime, entity: dict[str, Any]) -> None:
        table = self._tables.of(at)
        with_creation(partial(_put, table, entity), partial(create, table.create_table))


def _put(table: TableClient, entity: dict[str, Any]) -> None:
    with storage_errors():
        table.upsert_entity(entity, mode=UpdateMode.REPLACE)


def _sums(tenant: str) -> str:
    return f"{tenant}|{SUMS}"


def _entity(entry: IndexEntry) -> dict[str, Any]:
    columns = {
        "blob_name": entry.blob_name,
        "upload_etag": entry.upload_etag,
        "created_at": entry.created_at,
        "status": entry.status.value if entry.status else OPEN,
        "file_type": entry.file_type,
        "lane": entry.lane.value,
        "attempts": entry.attempts,
        "bytes_before": entry.bytes_before,
        "bytes_after": entry.bytes_after,
        "seconds": entry.seconds,
        "waited_s": entry.waited_s,
        "error_code": entry.error_code,
        "settled_at": entry.settled_at,
    }
    keys = {"PartitionKey": entry.partition, "RowKey": entry.key}
    return keys | {name: stored(value) for name, value in columns.items() if value is not None}


def _entry(tenant: str, entity: dict[str, Any]) -> IndexEntry:
    read = {name: plain(value) for name, value in entity.items()}
    return IndexEntry(
        tenant=tenant,
        job_key=read["RowKey"].partition("-")[2],
        blob_name=read["blob_name"],
        upload_etag=read["upload_etag"],
        created_at=read["created_at"],
        status=None if read["status"] == OPEN else Status(read["status"]),
        file_type=read["file_type"],
        lane=Priority(read["lane"]),
        attempts=read["attempts"],
        bytes_before=read["bytes_before"],
        **{name: read.get(name) for name in OPTIONAL},
    )
