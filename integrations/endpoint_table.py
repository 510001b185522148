"""The list of endpoints, and the secret that belongs to none: few rows, read at once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import TableClient, TableEntity, UpdateMode

from errors import StorageUnavailableError
from integrations.columns import plain
from integrations.readable_rows import readable
from integrations.storage import INSERT_TOO, create, storage_errors, with_creation
from jobs.endpoint import Endpoint, EndpointKind
from jobs.event import EventType
from jobs.job import FencedError
from jobs.signing import SigningSecret
from jobs.tenant import NOBODY

PARTITION = "endpoints"  # of the outbox; no endpoint has that id
# The rows of the secrets that sign for no endpoint of the list; no endpoint has such an id.
SHARED = "=shared"


@dataclass(frozen=True, slots=True)
class Listed:
    """What the partition holds."""

    endpoints: tuple[Endpoint, ...]
    shared_secrets: Mapping[str, SigningSecret]  # by their owners, of those that were rotated
    unreadable: frozenset[str] = frozenset()  # ids of endpoints of which nobody knows more

    def shared_secret(self, tenant: str = NOBODY) -> SigningSecret:
        """What signs for addresses that stand beside a tenant's uploads."""
        owner = shared_owner(tenant)
        return self.shared_secrets.get(owner) or SigningSecret(owner)


def shared_owner(tenant: str) -> str:
    """Whose the secret is that signs for addresses beside a tenant's uploads."""
    return f"{SHARED}:{tenant}" if tenant else SHARED


class EndpointTable:
    """Reads and changes the list; each change is create-only or compare-and-swap."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def read(self) -> Listed:
        """The whole list; one call for each thousand."""
        rows: list[TableEntity] = []
        try:
            with storage_errors():
                rows += self._table.query_entities(f"PartitionKey eq '{PARTITION}'")
        except ResourceNotFoundError:
            create(self._table.create_table)
        secrets = [row for row in rows if row["RowKey"].startswith(SHARED)]
        others = [row for row in rows if not row["RowKey"].startswith(SHARED)]
        endpoints = tuple(readable(others, _endpoint))
        known = {each.id for each in endpoints}
        return Listed(
            endpoints,
            {each.owner: each for each in readable(secrets, lambda row: _secret(_columns(row)))},
            frozenset(row["RowKey"] for row in others if row["RowKey"] not in known),
        )

    def put(self, endpoint: Endpoint) -> Endpoint:
        """Creates the row, or writes it where it is still the version `row_etag`.

        Raises FencedError when somebody else did meanwhile.
        """
        write = self._replace if endpoint.row_etag else self._insert
        try:
            return with_creation(partial(write, endpoint), self.create)
        except (FencedError, StorageUnavailableError) as failure:
            # Written all the same, when only the answer was lost and the SDK asked again.
            for stored in self.read().endpoints:
                if stored.in_version(None) == endpoint.in_version(None):
                    return stored
            raise failure from None

    def put_secret(self, secret: SigningSecret) -> None:
        """Says which version a secret has that belongs to no endpoint."""
        row = _row(secret.owner, _secret_columns(secret))
        with_creation(partial(self._upsert, row), self.create)

    def delete(self, endpoint_id: str) -> None:
        """Removes it from the list; harmless when it is gone."""
        with storage_errors():
            self._table.delete_entity(PARTITION, endpoint_id)

    def create(self) -> None:
        """Creates the table; harmless when it is there."""
        create(self._table.create_table)

    def _insert(self, endpoint: Endpoint) -> Endpoint:
        try:
            with storage_errors():
                answer = self._table.create_entity(_entity(endpoint), **INSERT_TOO)
        except ResourceExistsError:
            raise FencedError(endpoint.id) from None
        return endpoint.in_version(answer["etag"])

    def _replace(self, endpoint: Endpoint) -> Endpoint:
        try:
            with storage_errors():
                answer = self._table.update_entity(
                    _entity(endpoint),
                    mode=UpdateMode.REPLACE,
                    etag=endpoint.row_etag,
                    match_condition=MatchConditions.IfNotModified,
                )
        except (ResourceNotFoundError, ResourceModifiedError):
            raise FencedError(endpoint.id) from None
        return endpoint.in_version(answer["etag"])

    def _upsert(self, row: dict[str, Any]) -> None:
        with storage_errors():
            self._table.upsert_entity(row, mode=UpdateMode.REPLACE)


def _entity(endpoint: Endpoint) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "kind": endpoint.kind.value,
        "url": endpoint.url,
        "events": json.dumps(sorted(endpoint.events)),
        "description": endpoint.description,
        "tenant": endpoint.tenant,
        "created_at": endpoint.created_at,
        "disabled_at": endpoint.disabled_at,
        "disabled_reason": endpoint.disabled_reason,
    } | _secret_columns(endpoint.secret)
    return _row(endpoint.id, columns)


def _row(key: str, columns: dict[str, Any]) -> dict[str, Any]:
    present = {name: value for name, value in columns.items() if value is not None}
    return {"PartitionKey": PARTITION, "RowKey": key} | present


def _endpoint(entity: TableEntity) -> Endpoint:
    columns = _columns(entity)
    return Endpoint(
        id=columns["RowKey"],
        url=columns["url"],
        events=_events(columns["events"]),
        created_at=columns["created_at"],
        kind=EndpointKind(columns["kind"]),
        description=columns["description"],
        secret=_secret(columns),
        disabled_at=columns.get("disabled_at"),
        disabled_reason=columns.get("disabled_reason"),
        tenant=columns.get("tenant", NOBODY),
        row_etag=entity.metadata["etag"],
    )


def _events(text: str) -> frozenset[EventType]:
    """Those that are known here; a later version may know more."""
    known = {each.value for each in EventType}
    return frozenset(EventType(word) for word in json.loads(text) if word in known)


def _secret(columns: dict[str, Any]) -> SigningSecret:
    return SigningSecret(
        columns["RowKey"], columns["secret_version"], columns.get("previous_until")
    )


def _secret_columns(secret: SigningSecret) -> dict[str, Any]:
    return {"secret_version": secret.version, "previous_until": secret.previous_until}


def _columns(entity: TableEntity) -> dict[str, Any]:
    return {name: plain(value) for name, value in entity.items()}
