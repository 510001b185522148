"""The table of tenants: few rows, read at once."""

from functools import partial
from typing import Any

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.data.tables import TableClient

from errors.requests import NameTakenError
from integrations.columns import plain
from integrations.readable_rows import readable
from integrations.storage import create, storage_errors, with_creation
from jobs.tenant import Tenant

TENANTS_TABLE = "tenants"
PARTITION = "tenant"


class TenantTable:
    """Reads and changes the list; the table is created on first use."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def read(self) -> dict[str, Tenant]:
        """All tenants by name; one call for each thousand."""
        try:
            with storage_errors():
                rows = list(self._table.query_entities(f"PartitionKey eq '{PARTITION}'"))
        except ResourceNotFoundError:
            return {}  # there was never one
        return {each.name: each for each in readable(rows, _tenant)}

    def insert(self, tenant: Tenant) -> None:
        """Creates the tenant; raises NameTakenError when there is one of this name."""
        with_creation(partial(self._insert, tenant), self.create)

    def delete(self, name: str) -> None:
        """Removes the row; harmless when it is gone."""
        with storage_errors():
            self._table.delete_entity(PARTITION, name)

    def create(self) -> None:
        """Creates the table; harmless when it is there."""
        create(self._table.create_table)

    def _insert(self, tenant: Tenant) -> None:
        row = {
            "PartitionKey": PARTITION,
            "RowKey": tenant.name,
            "title": tenant.title,
            "created_at": tenant.created_at,
        }
        try:
            with storage_errors():
                self._table.create_entity(row)
        except ResourceExistsError:
            raise NameTakenError(f"There is a tenant {tenant.name} already.") from None


def _tenant(row: Any) -> Tenant:
    return Tenant(row["RowKey"], row["title"], plain(row["created_at"]))
