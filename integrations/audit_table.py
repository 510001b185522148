"""The tables of the audit, one for each month: what was done with keys and tenants, and refused."""

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient

from integrations.columns import plain
from integrations.dated_tables import DatedTables
from integrations.readable_rows import read, readable
from integrations.storage import create, storage_errors, with_creation
from jobs.audit import AuditEntry
from jobs.tenant import partition_of

# Of an inverted time in microseconds: it has as many digits until the year 2286.
LAST_MOMENT = 10**16 - 1


class AuditTable:
    """Adds entries and lists them; none is ever changed, and whole months are deleted."""

    def __init__(self, client: Callable[[str], TableClient], months: int) -> None:
        self._months = months
        self._tables = DatedTables("keyaudit", "%Y%m", 28, client)

    def add(self, entry: AuditEntry) -> None:
        """Adds the entry."""
        table = self._tables.current(entry.at)[0]
        with_creation(partial(_insert, table, entry), partial(create, table.create_table))

    def entries(
        self, tenant: str, now: datetime, since: datetime, after: str = ""
    ) -> Iterator[tuple[str, AuditEntry]]:
        """A tenant's entries with their places, the newest first, behind the place `after`."""
        end = _place(since) + "~"
        query = f"PartitionKey eq '{partition_of(tenant)}' and RowKey gt '{after}'"
        for table in self._tables.since(since, now):
            try:
                with storage_errors():
                    found = table.query_entities(f"{query} and RowKey le '{end}'")
                    yield from readable(found, partial(_placed, tenant))
            except ResourceNotFoundError:
                continue  # nothing happened in that month

    def __repr__(self) -> str:
        """For the log, when they could not be dropped."""
        return "old entries of the audit"

    def drop_old(self, now: datetime) -> None:
        """Deletes the tables of the months that are not kept."""
        self._tables.drop_old(now, self._months)


def _insert(table: TableClient, entry: AuditEntry) -> None:
    columns: dict[str, Any] = {
        "PartitionKey": partition_of(entry.tenant),
        "RowKey": f"{_place(entry.at)}{secrets.token_hex(4)}",
        "at": entry.at,
        "action": str(entry.action),
        "subject": entry.subject,
        "actor": entry.actor,
        "address": entry.address,
        "detail": entry.detail,
    }
    with storage_errors():
        table.create_entity(columns)


def _placed(tenant: str, row: Any) -> tuple[str, AuditEntry]:
    return row["RowKey"], read(row, partial(_entry, tenant))


def _entry(tenant: str, row: Any) -> AuditEntry:
    return AuditEntry(
        at=plain(row["at"]),
        action=row["action"],
        subject=row["subject"],
        actor=row["actor"],
        tenant=tenant,
        address=row["address"],
        detail=row["detail"],
    )


def _place(at: datetime) -> str:
    """Sorts the newest first."""
    return f"{LAST_MOMENT - round(at.astimezone(UTC).timestamp() * 1_000_000):016}"
