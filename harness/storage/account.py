"""One storage account in memory: blobs, tables and queues behind the SDK's clients."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Self

from harness.storage.blobs import ACCOUNT, KEY, BlobStore
from harness.storage.dated_way import DatedWay
from harness.storage.queues import Queues
from harness.storage.tables import Tables
from harness.storage.way import StraightWay, Way
from integrations.storage import blob_service, queue_client, table_client
from integrations.storage_time import StorageTime
from lifecycle import services

# For the settings; it leads nowhere.
CONNECTION_STRING = (
    f"DefaultEndpointsProtocol=https;AccountName={ACCOUNT};AccountKey={KEY};"
    "EndpointSuffix=core.windows.net"
)
MAKERS = (blob_service, table_client, queue_client)


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that outlives processes."""

    blobs: BlobStore
    tables: Tables
    queues: Queues

    @classmethod
    def new(cls, way: Way) -> Self:
        """An empty one at the end of that way."""
        return cls(BlobStore(way), Tables(way), Queues(way))

    def clients(self) -> dict[Callable[..., Any], Callable[..., Any]]:
        """What takes the place of each function that makes a client of the SDK."""
        return {
            blob_service: lambda settings, time=None: self.blobs,
            table_client: lambda settings, name, time=None: self.tables.client(name),
            queue_client: lambda settings, name, time=None: self.queues.client(name),
        }

    def dated_clients(self) -> dict[Callable[..., Any], Callable[..., Any]]:
        """The same, of which each tells those that made it the time by its answers."""

        def on_its_way(time: StorageTime | None) -> Account:
            if time is None:
                return self
            way = DatedWay(self.blobs.way, time)
            return Account(
                replace(self.blobs, way=way),
                replace(self.tables, way=way),
                replace(self.queues, way=way),
            )

        return {
            blob_service: lambda settings, time=None: on_its_way(time).blobs,
            table_client: lambda settings, name, time=None: on_its_way(time).tables.client(name),
            queue_client: lambda settings, name, time=None: on_its_way(time).queues.client(name),
        }


@contextmanager
def storage_in_memory() -> Iterator[Account]:
    """Within the block, whoever connects to an account gets this one, whatever the settings say."""
    account = Account.new(StraightWay())
    stand_ins = account.dated_clients()
    for real in MAKERS:
        setattr(services, real.__name__, stand_ins[real])
    try:
        yield account
    finally:
        for real in MAKERS:
            setattr(services, real.__name__, real)
