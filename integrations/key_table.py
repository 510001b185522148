"""The table of keys: a row by its id, and a row in the list of its tenant."""

import json
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import TableClient, TableEntity, UpdateMode

from integrations.columns import plain
from integrations.readable_rows import readable
from integrations.storage import INSERT_TOO, create, storage_errors, with_creation
from jobs.caller import Scope
from jobs.job import FencedError
from jobs.managed_key import ManagedKey
from jobs.request_rate import Rate
from jobs.tenant import partition_of

KEYS_TABLE = "apikeys"


class KeyTable:
    """Creates, finds and changes rows. The table is created on first use.

    A key's partition follows from its id, so that a million keys are spread, and each is found by
    one read. The row of the list is written first: a key without its own row opens nothing.
    """

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def get(self, key_id: str) -> ManagedKey | None:
        """The key of that id, or None, also where its row cannot be read; one call."""
        try:
            with storage_errors():
                row = self._table.get_entity(_partition(key_id), key_id)
        except ResourceNotFoundError:
            return None
        return next(readable([row], _key), None)

    def insert(self, key: ManagedKey) -> ManagedKey:
        """Creates the key; raises FencedError when there is one of this id."""
        return with_creation(partial(self._insert, key), self.create)

    def replace(self, key: ManagedKey) -> ManagedKey:
        """Writes the row if it is still that version; raises FencedError when it is not."""
        try:
            with storage_errors():
                answer = self._table.update_entity(
                    _entity(key),
                    mode=UpdateMode.REPLACE,
                    etag=key.row_etag,
                    match_condition=MatchConditions.IfNotModified,
                )
        except (ResourceNotFoundError, ResourceModifiedError):
            raise FencedError(key.id) from None
        return key.in_version(answer["etag"])

    def ids_of(self, tenant: str, after: str = "") -> Iterator[str]:
        """The ids of a tenant's keys, in the order of their letters, behind `after`."""
        query = f"PartitionKey eq '{partition_of(tenant)}' and RowKey gt '{after}'"
        try:
            with storage_errors():
                for entity in self._table.query_entities(query, select=["RowKey"]):
                    yield entity["RowKey"]
        except ResourceNotFoundError:
            return  # nobody made a key yet

    def note_use(self, key_id: str, at: datetime, network: str) -> None:
        """Says when the key was last used, and from where; whoever writes last is right enough."""
        row = {"PartitionKey": _uses(key_id), "RowKey": key_id, "at": at, "network": network}
        with storage_errors():
            self._table.upsert_entity(row)

    def last_use(self, key_id: str) -> tuple[datetime, str] | None:
        """When and from where it was used, exact to a minute; None: never."""
        try:
            with storage_errors():
                row = self._table.get_entity(_uses(key_id), key_id)
        except ResourceNotFoundError:
            return None
        return plain(row["at"]), row["network"]

    def create(self) -> None:
        """Creates the table; harmless when it is there."""
        create(self._table.create_table)

    def _insert(self, key: ManagedKey) -> ManagedKey:
        listed = {"PartitionKey": partition_of(key.tenant), "RowKey": key.id}
        with storage_errors():
            self._table.upsert_entity(listed)
            try:
                answer = self._table.create_entity(_entity(key), **INSERT_TOO)
            except ResourceExistsError:
                raise FencedError(key.id) from None
        return key.in_version(answer["etag"])


def _partition(key_id: str) -> str:
    """By two letters: 3,844 partitions at most."""
    return f"k={key_id[:2]}"


def _uses(key_id: str) -> str:
    """Rows that are written often lie apart from those that are compared."""
    return f"u={key_id[:2]}"


def _entity(key: ManagedKey) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "PartitionKey": _partition(key.id),
        "RowKey": key.id,
        "digest": key.digest,
        "tail": key.tail,
        "tenant": key.tenant,
        "name": key.name,
        "scopes": json.dumps(sorted(key.scopes)),
        "networks": json.dumps(key.networks),
        "created_at": key.created_at,
        "created_by": key.created_by,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "revoked_by": key.revoked_by,
        "previous_digest": key.previous_digest,
        "previous_until": key.previous_until,
        "rate_per_minute": key.rate and key.rate.per_minute,
        "burst": key.rate and key.rate.burst,
    }
    return {name: value for name, value in columns.items() if value is not None}


def _key(entity: TableEntity) -> ManagedKey:
    columns = {name: plain(value) for name, value in entity.items()}
    per_minute = columns.get("rate_per_minute")
    return ManagedKey(
        id=columns["RowKey"],
        digest=columns["digest"],
        tail=columns["tail"],
        tenant=columns["tenant"],
        name=columns["name"],
        scopes=_scopes(columns["scopes"]),
        networks=tuple(json.loads(columns["networks"])),
        created_at=columns["created_at"],
        created_by=columns["created_by"],
        expires_at=columns.get("expires_at"),
        revoked_at=columns.get("revoked_at"),
        revoked_by=columns.get("revoked_by"),
        previous_digest=columns.get("previous_digest"),
        previous_until=columns.get("previous_until"),
        rate=Rate(per_minute, columns["burst"]) if per_minute else None,
        row_etag=entity.metadata["etag"],
    )


def _scopes(text: str) -> frozenset[Scope]:
    """Those that are known here; a later version may know more."""
    known = {each.value for each in Scope}
    return frozenset(Scope(word) for word in json.loads(text) if word in known)
