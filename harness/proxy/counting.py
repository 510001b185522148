"""Stands between a program and Azurite, passes everything on, and counts each request by kind."""

import asyncio
import contextlib
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from devhost.azurite import ACCOUNT, Ports, connection_string
from harness.proxy.http_wire import (
    BODYLESS,
    HEAD_LIMIT_BYTES,
    LOOPBACK,
    loop_in_a_thread,
    parsed,
    pass_body,
    read_head,
)


@dataclass(frozen=True, slots=True)
class Transaction:
    """One request to storage, in the words of the service's documentation."""

    service: str  # blob, queue, table
    operation: str
    place: str  # container, queue or table
    status: int


@dataclass(slots=True)
class Counted:
    """What has passed; read it once it is quiet."""

    storage: str  # the connection string that leads through here
    transactions: list[Transaction] = field(default_factory=list)

    def taken(self) -> list[Transaction]:
        """All of them, and counting begins anew."""
        taken, self.transactions = self.transactions, []
        return taken


@contextlib.contextmanager
def counting(azurite: Ports) -> Iterator[Counted]:
    """A proxy for all three services, in a thread, until the block ends."""
    counted = Counted("")
    with loop_in_a_thread() as loop:
        starting = asyncio.run_coroutine_threadsafe(_start(azurite, counted), loop)
        ports = (server.sockets[0].getsockname()[1] for server in starting.result(10))
        counted.storage = connection_string(Ports(*ports))
        yield counted


async def _start(azurite: Ports, counted: Counted) -> list[asyncio.Server]:
    def serving(service: str, port: int) -> "_Exchange":
        return _Exchange(service, port, counted)

    services = {"blob": azurite.blob, "queue": azurite.queue, "table": azurite.table}
    return [
        await asyncio.start_server(
            serving(service, port).pass_on, LOOPBACK, 0, limit=HEAD_LIMIT_BYTES
        )
        for service, port in services.items()
    ]


@dataclass(frozen=True, slots=True)
class _Exchange:
    service: str
    port: int  # of Azurite
    counted: Counted

    async def pass_on(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        """Serves one connection, one request after the other."""
        try:
            reader, writer = await asyncio.open_connection(
                LOOPBACK, self.port, limit=HEAD_LIMIT_BYTES
            )
            with contextlib.closing(writer):
                while True:
                    await self._one(client, writer, reader, answer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # either side has closed, or all is over
        finally:
            answer.close()

    async def _one(
        self,
        client: asyncio.StreamReader,
        to_azurite: asyncio.StreamWriter,
        from_azurite: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
    ) -> None:
        head = await read_head(client)
        request_line, headers = parsed(head)
        method, target, _ = request_line.split(" ", 2)
        to_azurite.write(head)
        await pass_body(headers, client, to_azurite)
        status = 100
        while status == 100:  # "go on", if the client asked whether it may send
            head = await read_head(from_azurite)
            status_line, headers_back = parsed(head)
            status = int(status_line.split(" ", 2)[1])
            to_client.write(head)
        transaction = named(self.service, method, target, headers, status)
        self.counted.transactions.append(transaction)
        if method != "HEAD" and status not in BODYLESS:
            await pass_body(headers_back, from_azurite, to_client)
        await to_client.drain()


def named(
    service: str, method: str, target: str, headers: dict[str, str], status: int
) -> Transaction:
    """The transaction of a request."""
    parts = urllib.parse.urlsplit(target)
    path = urllib.parse.unquote(parts.path).removeprefix(f"/{ACCOUNT}").strip("/")
    query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
    naming = {"blob": _blob_operation, "queue": _queue_operation, "table": _table_operation}
    place = path.partition("/")[0].partition("(")[0]
    return Transaction(service, naming[service](method, path, query, headers), place, status)


def _blob_operation(method: str, path: str, query: dict[str, str], headers: dict[str, str]) -> str:
    if "/" not in path:
        container = {"PUT": "create container", "HEAD": "container properties"}
        is_list = query.get("comp") == "list"
        return "list blobs" if is_list else container.get(method, "container properties")
    if method == "PUT":
        puts = {"block": "put block", "blocklist": "put block list", "lease": "lease"}
        puts["metadata"] = "set metadata"
        return puts.get(query.get("comp", ""), "put blob")
    partial = " (range)" if "x-ms-range" in headers or "range" in headers else ""
    names = {"GET": f"get blob{partial}", "HEAD": "get properties", "DELETE": "delete blob"}
    return names[method]


def _queue_operation(
    method: str, path: str, query: dict[str, str], _headers: dict[str, str]
) -> str:
    if "/messages" not in path:
        return "queue metadata" if method in ("GET", "HEAD") else "create queue"
    if method == "GET":
        return "peek messages" if query.get("peekonly") == "true" else "get messages"
    return {"POST": "put message", "PUT": "update message", "DELETE": "delete message"}[method]


def _table_operation(
    method: str, path: str, _query: dict[str, str], headers: dict[str, str]
) -> str:
    if path == "$batch":
        return "transaction"
    if path == "Tables":
        return "create table" if method == "POST" else "query tables"
    if method == "GET":
        return "get entity" if "RowKey" in path else "query entities"
    if method == "POST":
        overrides = headers.get("x-http-method", "")
        return "merge entity" if overrides == "MERGE" else "insert entity"
    names = {"PUT": "replace entity", "PATCH": "merge entity", "DELETE": "delete entity"}
    return names.get(method, method)


def tally(transactions: list[Transaction]) -> Counter[tuple[str, str, str]]:
    """How often each operation was asked of each place."""
    return Counter((each.service, each.operation, shown(each.place)) for each in transactions)


def shown(place: str) -> str:
    """The place, the host's own id taken out."""
    prefix = "azure-webjobs-blobtrigger-"
    return f"{prefix}*" if place.startswith(prefix) else place
