"""The table of what came by a contract: found by the name of the upload, and by the sender's id."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, UpdateMode

from integrations.readable_rows import read, readable
from integrations.storage import create, storage_errors, with_creation
from jobs.contract import Contract, IngestRecord
from jobs.naming import row_key
from jobs.tenant import NOBODY, partition_of

INGEST_TABLE = "mediaids"
# Sorts after every character of an escaped id, and before nothing else that is used here.
BAR, AFTER_BAR = "|", "}"
A_FEW = 10  # the newest is what is asked for
# Of an inverted time in microseconds: it has as many digits until the year 2286.
LAST_MOMENT = 10**16 - 1


class IngestTable:
    """Writes each record twice, under either key; the table is created on first use."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def add(self, record: IngestRecord) -> None:
        """Stores the record; adding it twice is the same as once."""
        for place in _places(record):
            with_creation(partial(self._put, place, record), self.create)

    def of_upload(self, blob_name: str) -> IngestRecord | None:
        """The record of an upload, or None when it came otherwise."""
        try:
            with storage_errors():
                entity = self._table.get_entity(partition_of(NOBODY), _key_of_name(blob_name))
        except ResourceNotFoundError:
            return None
        return read(entity, _record)

    def of_id(
        self, contract: Contract, external_id: str, tenant: str = NOBODY
    ) -> Iterator[IngestRecord]:
        """The records of all uploads that a tenant sent under this id, the newest first."""
        begin = f"{contract}{BAR}{row_key(external_id)}"
        try:
            with storage_errors():
                rows = self._table.query_entities(
                    f"PartitionKey eq '{partition_of(tenant)}'"
                    f" and RowKey ge '{begin}{BAR}' and RowKey lt '{begin}{AFTER_BAR}'",
                    results_per_page=A_FEW,
                )
                yield from readable(rows, _record)
        except ResourceNotFoundError:
            return  # nothing was ever sent

    def forget(self, record: IngestRecord) -> None:
        """Removes the record; harmless when it is gone."""
        with storage_errors():
            for place in reversed(_places(record)):
                self._table.delete_entity(*place)

    def create(self) -> None:
        """Creates the table; harmless when it is there."""
        create(self._table.create_table)

    def _put(self, place: tuple[str, str], record: IngestRecord) -> None:
        entity: dict[str, Any] = {
            "PartitionKey": place[0],
            "RowKey": place[1],
            "contract": record.contract.value,
            "external_id": record.external_id,
            "organization_id": record.organization_id,
            "blob_name": record.blob_name,
            "received_at": record.received_at.isoformat(),
            "tenant": record.tenant,
        }
        present = {name: value for name, value in entity.items() if value is not None}
        with storage_errors():
            self._table.upsert_entity(present, mode=UpdateMode.REPLACE)


def _record(entity: Any) -> IngestRecord:
    return IngestRecord(
        contract=Contract(entity["contract"]),
        external_id=entity["external_id"],
        organization_id=entity.get("organization_id"),
        blob_name=entity["blob_name"],
        received_at=datetime.fromisoformat(entity["received_at"]),
        tenant=entity["tenant"],
    )


def _places(record: IngestRecord) -> tuple[tuple[str, str], tuple[str, str]]:
    """By its id among those of its tenant, and by its name, which is unique everywhere."""
    by_id = partition_of(record.tenant), _key_of_id(record)
    return by_id, (partition_of(NOBODY), _key_of_name(record.blob_name))


def _key_of_name(blob_name: str) -> str:
    return f"name{BAR}{row_key(blob_name)}"


def _key_of_id(record: IngestRecord) -> str:
    """The newest first; the upload's own name tells apart what came at the same moment."""
    at = record.received_at.astimezone(UTC)
    age = LAST_MOMENT - round(at.timestamp() * 1_000_000)
    name = record.blob_name.rpartition("/")[2]
    return f"{record.contract}{BAR}{row_key(record.external_id)}{BAR}{age:016}{BAR}{name}"
