"""Starts and stops everything that waits for work: queues, containers and timers."""

import asyncio
import contextlib
from collections.abc import Iterable

from azure.core.exceptions import ResourceExistsError

from devhost import background, console
from devhost.app.connection import Connections
from devhost.app.host_json import HostJson
from devhost.app.metadata import Function
from devhost.dispatch.invocation import Invoker
from devhost.triggers.blob_receipt import HOSTS_CONTAINER
from devhost.triggers.blob_trigger import BlobTriggers
from devhost.triggers.queue_listener import QueueListener
from devhost.triggers.queue_trigger import queue_listener
from devhost.triggers.timer import TimerListener


class Listeners:
    """The listeners of one app."""

    def __init__(
        self, connections: Connections, invoker: Invoker, config: HostJson, host_id: str
    ) -> None:
        self._connections = connections
        self._invoker = invoker
        self._config = config
        self._host_id = host_id
        # By connection and queue, for those who have just sent a message there.
        self._stoppable: list[QueueListener | TimerListener] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._scans: list[asyncio.Task[None]] = []
        self._blobs: BlobTriggers | None = None

    def start(self, functions: Iterable[Function], lease_s: int) -> None:
        """Begins to listen for the enabled functions; messages stay hidden for `lease_s`."""
        enabled = [each for each in functions if not each.is_disabled]
        for function in enabled:
            if function.trigger.type == "queueTrigger":
                self._start_queue(function, lease_s)
            elif function.trigger.type == "timerTrigger":
                self._start_timer(function)
        blobs = [each for each in enabled if each.trigger.type == "blobTrigger"]
        if blobs:
            self._start_blobs(blobs, lease_s)

    def tell_of_blob(self, function: Function, container: str, blob: str) -> None:
        """Hands a blob that Event Grid reported to its function."""
        if self._blobs is not None:
            self._blobs.enqueue_event(function, container, blob)

    def stop(self) -> None:
        """Fetches and fires no more; what runs goes on."""
        for scan in self._scans:
            scan.cancel()
        for listener in self._stoppable:
            listener.stop()

    async def wait(self, limit_s: float) -> None:
        """Returns when what ran has ended and its messages are settled, or after the limit."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=limit_s)

    def _start_queue(self, function: Function, lease_s: int) -> None:
        listener = queue_listener(
            function, self._config.queues, self._connections, self._invoker, lease_s
        )
        console.detail(f"'{function.name}' listens to the queue '{function.queue_name}'.")
        self._listen(listener)

    def _start_timer(self, function: Function) -> None:
        status = self._connections.blobs("").get_blob_client(
            HOSTS_CONTAINER, f"timers/{self._host_id}/Host.Functions.{function.name}/status"
        )
        self._listen(TimerListener(function, status, self._invoker))

    def _start_blobs(self, functions: list[Function], lease_s: int) -> None:
        self._blobs = BlobTriggers(functions, self._connections, self._invoker, self._host_id)
        self._listen(self._blobs.listener(self._config.blobs, lease_s))
        for scanner, interval_s in self._blobs.scanners():
            console.detail(f"{scanner.name} is listed every {interval_s:g} s.")
            self._scans.append(background.start(scanner.watch(interval_s)))

    def _listen(self, listener: QueueListener | TimerListener) -> None:
        self._stoppable.append(listener)
        self._tasks.append(background.start(listener.listen()))


def ensure_hosts_container(connections: Connections) -> None:
    """Makes the container of receipts and timer statuses."""
    with contextlib.suppress(ResourceExistsError):
        connections.blobs("").create_container(HOSTS_CONTAINER)
