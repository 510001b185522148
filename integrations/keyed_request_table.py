"""The tables of requests with an Idempotency-Key, one for each day."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import TableClient, UpdateMode

from integrations.dated_tables import DatedTables
from integrations.readable_rows import read
from integrations.storage import create, storage_errors, with_creation
from jobs.keyed_request import KeyedRequest
from jobs.tenant import NOBODY, partition_of

DAYS_KEPT = 3

# Names are unique among all tenants, and so are the digests of requests.
PARTITION = partition_of(NOBODY)


class KeyedRequestTable:
    """Creates, finds and changes rows; one is found for a day at least, and two at most."""

    def __init__(self, client: Callable[[str], TableClient]) -> None:
        self._tables = DatedTables("idempotency", "%Y%m%d", 1, client)

    def get(self, key: str, now: datetime) -> KeyedRequest | None:
        """The row of today or yesterday, or None."""
        for table in self._tables.current(now):
            try:
                with storage_errors():
                    return read(table.get_entity(PARTITION, key), _request)
            except ResourceNotFoundError:
                continue
        return None

    def insert(self, request: KeyedRequest) -> KeyedRequest | None:
        """Creates the row; None when there is one."""
        table = self._tables.current(request.begun_at)[0]
        try:
            etag = with_creation(
                partial(_insert, table, request), partial(create, table.create_table)
            )
        except ResourceExistsError:
            return None
        return request.in_version(etag)

    def replace(self, request: KeyedRequest) -> KeyedRequest | None:
        """Writes the row if it is still that version; None when it changed."""
        table = self._tables.current(request.begun_at)[0]
        try:
            with storage_errors():
                answer = table.update_entity(
                    _entity(request),
                    mode=UpdateMode.REPLACE,
                    etag=request.row_etag,
                    match_condition=MatchConditions.IfNotModified,
                )
        except (ResourceNotFoundError, ResourceModifiedError):
            return None
        return request.in_version(answer["etag"])

    def delete(self, request: KeyedRequest) -> None:
        """Removes the row if it is still that version: the key may be used again."""
        table = self._tables.current(request.begun_at)[0]
        try:
            with storage_errors():
                table.delete_entity(
                    PARTITION,
                    request.key,
                    etag=request.row_etag,
                    match_condition=MatchConditions.IfNotModified,
                )
        except ResourceModifiedError:
            return

    def __repr__(self) -> str:
        """For the log, when they could not be dropped."""
        return "old requests with a key"

    def drop_old(self, now: datetime) -> None:
        """Deletes the tables of the days before."""
        self._tables.drop_old(now, DAYS_KEPT)


def _insert(table: TableClient, request: KeyedRequest) -> str:
    with storage_errors():
        return str(table.create_entity(_entity(request))["etag"])


def _entity(request: KeyedRequest) -> dict[str, Any]:
    columns = {
        "PartitionKey": PARTITION,
        "RowKey": request.key,
        "digest": request.digest,
        "begun_at": request.begun_at.isoformat(),
        "until": request.until.isoformat(),
        "blob_name": request.blob_name,
        "external_id": request.external_id,
        "is_answered": request.is_answered,
    }
    return {name: value for name, value in columns.items() if value is not None}


def _request(entity: Any) -> KeyedRequest:
    return KeyedRequest(
        key=entity["RowKey"],
        digest=entity["digest"],
        begun_at=datetime.fromisoformat(entity["begun_at"]),
        until=datetime.fromisoformat(entity["until"]),
        blob_name=entity.get("blob_name"),
        external_id=entity.get("external_id"),
        is_answered=entity["is_answered"],
        row_etag=entity.metadata["etag"],
    )
