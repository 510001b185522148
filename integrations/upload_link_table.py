"""The tables of upload links, one for each month."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import (
    EdmType,
    EntityProperty,
    TableClient,
    TableTransactionError,
    UpdateMode,
)

from integrations.dated_tables import DatedTables
from integrations.readable_rows import read
from integrations.storage import create, storage_errors, with_creation
from jobs.naming import row_key
from jobs.tenant import NOBODY, partition_of
from jobs.upload_link import Mode, UploadLink
from order import Order

# Names are unique among all tenants, and so are the digests of requests.
PARTITION = partition_of(NOBODY)


class UploadLinkTable:
    """Creates, finds and changes links; one is forgotten after a month, or two."""

    def __init__(self, client: Callable[[str], TableClient]) -> None:
        self._tables = DatedTables("uploads", "%Y%m", 28, client)

    def add(self, links: Sequence[UploadLink]) -> None:
        """Stores up to a hundred links of one moment, all or none; adding twice changes nothing."""
        table = self._tables.current(links[0].created_at)[0]
        with_creation(partial(_put, table, links), partial(create, table.create_table))

    def get(self, blob_name: str, now: datetime) -> UploadLink | None:
        """The link that was made for a name, this month or last; else None."""
        for table in self._tables.current(now):
            try:
                with storage_errors():
                    return read(table.get_entity(PARTITION, row_key(blob_name)), _link)
            except ResourceNotFoundError:
                continue
        return None

    def __repr__(self) -> str:
        """For the log, when they could not be dropped."""
        return "old upload links"

    def drop_old(self, now: datetime) -> None:
        """Deletes the tables of the months before."""
        self._tables.drop_old(now)


def _put(table: TableClient, links: Sequence[UploadLink]) -> None:
    writes: list[Any] = [("upsert", _entity(each), {"mode": UpdateMode.REPLACE}) for each in links]
    with storage_errors():
        try:
            table.submit_transaction(writes)
        except TableTransactionError as error:
            if error.status_code == 404:  # The table, as these are no changes of rows.
                raise ResourceNotFoundError from error
            raise


def _entity(link: UploadLink) -> dict[str, Any]:
    return {
        "PartitionKey": PARTITION,
        "RowKey": row_key(link.blob_name),
        "blob_name": link.blob_name,
        "mode": link.mode.value,
        "size_bytes": EntityProperty(link.size_bytes, EdmType.INT64),
        "order": link.order.encode(),
        "created_at": link.created_at.isoformat(),
        "is_cancelled": link.is_cancelled,
    }


def _link(entity: Any) -> UploadLink:
    return UploadLink(
        blob_name=entity["blob_name"],
        mode=Mode(entity["mode"]),
        size_bytes=int(entity["size_bytes"][0]),
        order=Order.decode(entity["order"]),
        created_at=datetime.fromisoformat(entity["created_at"]),
        is_cancelled=entity["is_cancelled"],
    )
