"""Watches one container for blobs that no function has seen, by listing it at intervals."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.storage.blob import ContainerClient

from devhost import console
from devhost.app.blob_path import BlobPath
from devhost.app.metadata import Function
from devhost.triggers.blob_receipt import Receipts

PATH_STYLE_INTERVAL_S = 2.0
INTERVAL_S = 10.0
# Receipts written at once when many blobs are new.
MAX_HANDOVERS = 8


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a blob."""

    name: str
    # Quotes included.
    etag: str


@dataclass(slots=True)
class Watcher:
    """One function's view of the container."""

    function: Function
    path: BlobPath
    # Handed over already, so that an idle scan asks for no receipt.
    known: set[Version]


class ContainerScanner:
    """Finds new versions and hands each to every function whose path matches.

    The genuine host remembers the newest LastModified and can miss a blob of the same second; here
    every blob without a receipt is a candidate.
    """

    def __init__(
        self,
        container: ContainerClient,
        watched: Iterable[tuple[Function, BlobPath]],
        receipts: Receipts,
        enqueue: Callable[[Function, str, Version], None],
    ) -> None:
        self._container = container
        self._watchers = [Watcher(function, path, set()) for function, path in watched]
        self._receipts = receipts
        # Called in a thread with the function, the container's name and the version.
        self._enqueue = enqueue
        self._handovers = asyncio.Semaphore(MAX_HANDOVERS)

    @property
    def name(self) -> str:
        """The container and those who watch it, for people."""
        functions = ", ".join(watcher.function.name for watcher in self._watchers)
        return f"The container '{self._container.container_name}' ({functions})"

    async def watch(self, interval_s: float) -> None:
        """Scans until cancelled."""
        while True:
            try:
                await self.scan()
            except AzureError as error:
                console.log(
                    f"The container '{self._container.container_name}' cannot be scanned: "
                    f"{str(error).splitlines()[0]}"
                )
            await asyncio.sleep(interval_s)

    async def scan(self) -> None:
        """One listing, and a receipt and a message for each version that is new."""
        versions = await asyncio.to_thread(self._list)
        for watcher in self._watchers:
            name = self._container.container_name
            matching = {each for each in versions if watcher.path.match(name, each.name)}
            fresh = [v for v in versions if v in matching - watcher.known]
            results = await asyncio.gather(*(self._hand_over(watcher, each) for each in fresh))
            done = {each for each, is_done in zip(fresh, results, strict=True) if is_done}
            watcher.known = (watcher.known & matching) | done

    def _list(self) -> list[Version]:
        try:
            return [Version(blob.name, quoted(blob.etag)) for blob in self._container.list_blobs()]
        except ResourceNotFoundError:
            # Picked up as soon as somebody makes it.
            return []

    async def _hand_over(self, watcher: Watcher, version: Version) -> bool:
        container = self._container.container_name
        async with self._handovers:
            try:
                return await asyncio.to_thread(
                    self._receipts.hand_over,
                    watcher.function.name,
                    f"{container}/{version.name}",
                    version.etag,
                    lambda: self._enqueue(watcher.function, container, version),
                )
            except HttpResponseError as error:
                reason = str(error).splitlines()[0]
                console.log(f"The blob '{container}/{version.name}' is passed over: {reason}")
                # A name too long for a receipt stays so; whatever else it is may pass.
                return error.status_code == HTTPStatus.BAD_REQUEST


def quoted(etag: str) -> str:
    """An ETag with its quotes; listings and properties differ in whether they have them."""
    return '"' + etag.strip('"') + '"'
