"""Drives blob-triggered functions: from a found blob over the internal queue to the invocation."""

import asyncio
import base64
import json
from collections.abc import Iterable
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueMessage

from devhost import console
from devhost.app.blob_path import blob_path
from devhost.app.connection import Connections
from devhost.app.host_json import BlobSettings
from devhost.app.metadata import Function
from devhost.dispatch.invocation import Invoker
from devhost.triggers.blob_call import blob_call
from devhost.triggers.blob_receipt import HOSTS_CONTAINER, Receipts
from devhost.triggers.blob_scanner import (
    INTERVAL_S,
    PATH_STYLE_INTERVAL_S,
    ContainerScanner,
    Version,
    quoted,
)
from devhost.triggers.queue_listener import (
    Delivery,
    Policy,
    QueueListener,
    decode_body,
    send_creating,
)

POISON_QUEUE = "webjobs-blobtrigger-poison"
EVENT_GRID = "eventgrid"
# The genuine host waits up to a minute; it too is woken by its own scan, so this only bounds how
# late the messages of a host that was killed are taken up again.
MAX_POLLING_INTERVAL_S = 10.0
MAX_BATCH_SIZE = 32


class BlobTriggers:
    """All blob-triggered functions of the app, their scanners and their shared queue."""

    def __init__(
        self,
        functions: Iterable[Function],
        connections: Connections,
        invoker: Invoker,
        host_id: str,
    ) -> None:
        self._functions = {each.name: each for each in functions}
        self._connections = connections
        self._invoker = invoker
        self._host_id = host_id
        self._loop = asyncio.get_running_loop()
        self._listener: QueueListener | None = None
        self._queue: QueueClient = connections.queues("").get_queue_client(
            f"azure-webjobs-blobtrigger-{host_id}"
        )

    def listener(self, settings: BlobSettings, lease_s: int) -> QueueListener:
        """The listener of the internal queue. `extensions.queues` has no say here."""
        degree = settings.max_degree_of_parallelism
        batch_size = min(MAX_BATCH_SIZE, degree // 2 + 1)
        policy = Policy(
            batch_size=batch_size,
            new_batch_threshold=max(degree - batch_size, 0),
            max_polling_interval_s=MAX_POLLING_INTERVAL_S,
            visibility_timeout_s=0,
            max_dequeue_count=settings.poison_blob_threshold,
            is_base64=True,
            lease_s=lease_s,
        )
        self._listener = QueueListener(self._queue, self._poison_of, policy, self._handle)
        return self._listener

    def scanners(self) -> list[tuple[ContainerScanner, float]]:
        """One scanner per container, with its interval. None for functions fed by Event Grid."""
        hosts = self._connections.blobs("").get_container_client(HOSTS_CONTAINER)
        receipts = Receipts(hosts, self._host_id)
        watched: dict[tuple[str, str], list[Any]] = {}
        for function in self._functions.values():
            if is_scanned(function):
                path = blob_path(function.trigger.text("path"))
                key = (function.trigger.connection, path.container)
                watched.setdefault(key, []).append((function, path))
        return [
            (
                ContainerScanner(
                    self._connections.blobs(connection).get_container_client(container),
                    functions,
                    receipts,
                    self._enqueue,
                ),
                PATH_STYLE_INTERVAL_S
                if self._connections.is_path_style(connection)
                else INTERVAL_S,
            )
            for (connection, container), functions in watched.items()
        ]

    def enqueue_event(self, function: Function, container: str, blob: str) -> None:
        """Puts a blob on the internal queue on Event Grid's word: no receipt, no ETag."""
        self._enqueue(function, container, Version(blob, ""))

    def _enqueue(self, function: Function, container: str, version: Version) -> None:
        message = {
            "Type": "BlobTrigger",
            "FunctionId": f"Host.Functions.{function.name}",
            "BlobType": "BlockBlob",
            "ContainerName": container,
            "BlobName": version.name,
            "ETag": version.etag,
        }
        send_creating(self._queue, base64.b64encode(json.dumps(message).encode()).decode())
        if self._listener is not None:
            self._loop.call_soon_threadsafe(self._listener.wake)

    def _function_of(self, content: dict[str, Any]) -> Function | None:
        return self._functions.get(str(content["FunctionId"]).removeprefix("Host.Functions."))

    def _poison_of(self, message: QueueMessage) -> QueueClient:
        """The poison queue lies in the account of the blob."""
        content = json.loads(decode_body(message.content, is_base64=True) or b"{}")
        function = self._function_of(content) if "FunctionId" in content else None
        connection = function.trigger.connection if function else ""
        return self._connections.queues(connection).get_queue_client(POISON_QUEUE)

    async def _handle(self, delivery: Delivery) -> bool:
        try:
            content = json.loads(delivery.body)
            function = self._function_of(content)
        except (ValueError, KeyError, TypeError):
            console.log(f"The internal queue holds what is no blob's message: {delivery.body!r}")
            return False
        if function is None:
            console.log(f"A blob's message names no function of this app: {content}")
            return True
        blob = self._connections.blobs(function.trigger.connection).get_blob_client(
            content["ContainerName"], content["BlobName"]
        )
        try:
            properties = await asyncio.to_thread(blob.get_blob_properties)
            if is_scanned(function) and quoted(properties.etag) != content["ETag"]:
                # The newer version has a message of its own.
                return True
            path = f"{content['ContainerName']}/{content['BlobName']}"
            source = "LogsAndContainerScan" if is_scanned(function) else "EventGrid"
            reason = f"New blob detected({source}): {path}"
            call = blob_call(function, blob, properties, reason)
        except ResourceNotFoundError:
            return True
        return await self._invoker.run(call)


def is_scanned(function: Function) -> bool:
    """Whether the host looks for blobs itself; otherwise Event Grid tells."""
    return function.trigger.text("source").lower() != EVENT_GRID
