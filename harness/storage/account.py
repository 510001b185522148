"""One storage account in memory: blobs, tables and queues behind the SDK's clients."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.storage.blobs import BlobStore
from harness.storage.queues import Queues
from harness.storage.tables import Tables
from integrations.storage import blob_service, queue_client, table_client


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that outlives processes."""

    blobs: BlobStore
    tables: Tables
    queues: Queues

    def clients(self) -> dict[Callable[..., Any], Callable[..., Any]]:
        """What takes the place of each function that makes a client of the SDK."""
        return {
            blob_service: lambda settings, time=None: self.blobs,
            table_client: lambda settings, name, time=None: self.tables.client(name),
            queue_client: lambda settings, name, time=None: self.queues.client(name),
        }
