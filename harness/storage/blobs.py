"""Blob Storage in memory, behind as much of the SDK's clients as the app uses."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from types import SimpleNamespace
from typing import Any, BinaryIO
from urllib.parse import quote

from azure.core import MatchConditions

from harness.storage.answers import exists, modified, not_found, refused
from harness.storage.way import Chance, Way

UPLOADS, RESULTS = "uploads", "processed"
ACCOUNT, KEY = "simulated", "c2ltdWxhdGVkIHN0b3JhZ2UgaGFzIG5vIHNlY3JldA=="
ADDRESS = f"https://{ACCOUNT}.blob.core.windows.net"
WORDS = {UPLOADS: "upload", RESULTS: "result"}


@dataclass(frozen=True, slots=True)
class Blob:
    """One version of a blob; also what the SDK shows of its properties."""

    name: str
    data: bytes
    etag: str
    last_modified: datetime
    metadata: dict[str, str]

    @property
    def size(self) -> int:
        return len(self.data)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(slots=True)
class BlobStore:
    """All containers; stands in for BlobServiceClient."""

    way: Way
    containers: dict[str, dict[str, Blob]] = field(default_factory=dict)
    # By ETag: until when somebody's lease or a legal hold keeps that blob.
    held_until_s: dict[str, float] = field(default_factory=dict)
    account_name: str = ACCOUNT
    credential: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(account_key=KEY))

    def get_container_client(self, name: str) -> "ContainerClient":
        return ContainerClient(self, name)

    def get_blob_client(self, container: str, blob: str) -> "BlobClient":
        return BlobClient(self, container, blob)

    def blobs(self, container: str) -> dict[str, Blob]:
        """The blobs of a container; refuses when it was not created."""
        try:
            return self.containers[container]
        except KeyError:
            raise not_found("ContainerNotFound") from None

    def put(self, container: str, name: str, data: bytes, metadata: dict[str, str]) -> Blob:
        """A new version, whatever was there."""
        whole_seconds = self.way.now.replace(microsecond=0)
        blob = Blob(name, data, self.way.new_etag(), whole_seconds, metadata)
        self.blobs(container)[name] = blob
        return blob

    def note(self, container: str, what: str, blob: Blob, **facts: Any) -> None:
        """Writes down what was done to a blob."""
        word = WORDS.get(container, f"blob of {container}")
        self.way.note(f"{word} {what}", blob.name, etag=blob.etag, sha256=blob.sha256, **facts)


class ContainerClient:
    """One container, as the SDK shows it."""

    def __init__(self, store: BlobStore, name: str) -> None:
        self._store, self._name = store, name

    def create_container(self, **_: Any) -> None:
        def apply() -> None:
            if self._name in self._store.containers:
                raise exists("ContainerAlreadyExists")
            self._store.containers[self._name] = {}

        self._store.way.call("create container", apply)

    def delete_container(self, **_: Any) -> None:
        def apply() -> None:
            self._store.blobs(self._name)
            del self._store.containers[self._name]

        self._store.way.call("delete container", apply)

    def upload_blob(self, name: str, data: BinaryIO | bytes, **options: Any) -> None:
        self.get_blob_client(name).upload_blob(data, **options)

    def delete_blob(self, name: str, **options: Any) -> None:
        self.get_blob_client(name).delete_blob(**options)

    def exists(self, **_: Any) -> bool:
        return self._store.way.call(
            "look at container", lambda: self._name in self._store.containers
        )

    def get_blob_client(self, blob: str, **_: Any) -> "BlobClient":
        return BlobClient(self._store, self._name, blob)

    def list_blobs(self, **_: Any) -> Iterator[Blob]:
        after: str | None = ""
        while after is not None:
            page, after = self._store.way.call("list blobs", partial(self._page, after))
            yield from page

    def _page(self, after: str) -> tuple[list[Blob], str | None]:
        blobs, size = self._store.blobs(self._name), self._store.way.page_size
        names = [name for name in sorted(blobs) if name > after]
        page = [blobs[name] for name in names[:size]]
        return page, names[size - 1] if len(names) > size else None


class BlobClient:
    """One blob, as the SDK shows it."""

    def __init__(self, store: BlobStore, container: str, name: str) -> None:
        self._store, self.container_name, self.blob_name = store, container, name
        self.url = f"{ADDRESS}/{container}/{quote(name)}"

    def get_blob_properties(self, **_: Any) -> Blob:
        return self._store.way.call("look at blob", self._stored)

    def download_blob(
        self,
        *,
        offset: int = 0,
        length: int | None = None,
        etag: str | None = None,
        match_condition: MatchConditions | None = None,
        **_: Any,
    ) -> "Download":
        def apply() -> Blob:
            blob = self._stored()
            self._check(blob, etag, match_condition, "read")
            return blob

        first = self._store.way.call("begin download", apply)
        end = len(first.data) if length is None else offset + length
        return Download(self._store, self.container_name, first, slice(offset, end))

    def upload_blob(
        self,
        data: BinaryIO | bytes,
        *,
        overwrite: bool = False,
        metadata: dict[str, str] | None = None,
        etag: str | None = None,
        match_condition: MatchConditions | None = None,
        progress_hook: Callable[[int, int], None] = lambda _done, _total: None,
        **_: Any,
    ) -> dict[str, Any]:
        """In one go, or as blocks, which nobody sees before they are committed."""
        content = data if isinstance(data, bytes) else data.read()
        way = self._store.way
        if way.happens(Chance.IN_BLOCKS):
            way.call("stage block", lambda: self._store.blobs(self.container_name))
        progress_hook(len(content), len(content))

        def apply() -> dict[str, Any]:
            present = self._store.blobs(self.container_name).get(self.blob_name)
            if present is not None and not overwrite:
                way.note("refused", self.blob_name, why="the blob exists")
                raise exists("BlobAlreadyExists")
            if overwrite or etag:
                self._check(present, etag, match_condition, "stored")
            return self._put(content, metadata or {})

        return way.call("store blob", apply)

    def set_blob_metadata(
        self,
        metadata: dict[str, str],
        *,
        etag: str | None = None,
        match_condition: MatchConditions | None = None,
        **_: Any,
    ) -> dict[str, Any]:
        """The same bytes in another version."""
        store = self._store

        def apply() -> dict[str, Any]:
            present = self._stored()
            self._check(present, etag, match_condition, "marked")
            blob = store.put(self.container_name, self.blob_name, present.data, metadata)
            store.note(self.container_name, "stored", blob, marks=metadata)
            return {"etag": f'"{blob.etag}"', "last_modified": blob.last_modified}

        return store.way.call("mark blob", apply)

    def delete_blob(
        self,
        *_: Any,
        etag: str | None = None,
        match_condition: MatchConditions | None = None,
        **__: Any,
    ) -> None:
        def apply() -> None:
            blob = self._stored()
            self._check(blob, etag, match_condition, "deleted")
            if self._store.held_until_s.get(blob.etag, 0) > self._store.way.now_s:
                raise refused("LeaseIdMissing")
            del self._store.blobs(self.container_name)[self.blob_name]
            self._store.note(self.container_name, "deleted", blob)

        self._store.way.call("delete blob", apply)

    def acquire_lease(self, **_: Any) -> "Lease":
        """Without end: nobody deletes the blob before it is released."""
        way, held = self._store.way, self._store.held_until_s

        def apply() -> Lease:
            etag = self._stored().etag
            held[etag] = float("inf")
            return Lease(lambda: held.pop(etag, None))

        return way.call("lease blob", apply)

    def _put(self, content: bytes, metadata: dict[str, str]) -> dict[str, Any]:
        store = self._store
        if self.container_name == RESULTS and store.way.happens(Chance.RESULT_DAMAGED):
            content = content[:-1]
            store.way.note("flaw", "result damaged")
        blob = store.put(self.container_name, self.blob_name, content, metadata)
        store.note(self.container_name, "stored", blob, marks=metadata)
        return {"etag": f'"{blob.etag}"', "last_modified": blob.last_modified}

    def _stored(self) -> Blob:
        try:
            return self._store.blobs(self.container_name)[self.blob_name]
        except KeyError:
            raise not_found("BlobNotFound") from None

    def _check(
        self, blob: Blob | None, etag: str | None, condition: MatchConditions | None, verb: str
    ) -> None:
        if condition is not MatchConditions.IfNotModified:
            place = self.container_name
            self._store.way.note("unguarded", self.blob_name, place=place, verb=verb)
        elif blob is None or (etag or "").strip('"') != blob.etag:
            self._store.way.note("refused", self.blob_name, why="the blob changed")
            raise modified()


class Lease:
    """A client's hold on a blob, as the SDK shows it."""

    def __init__(self, release: Callable[[], object]) -> None:
        self._release = release

    def release(self) -> None:
        self._release()


class Download:
    """A blob on its way, in two pieces; the SDK asks for the second in the same version only."""

    def __init__(self, store: BlobStore, container: str, blob: Blob, part: slice) -> None:
        self._store, self._container, self._blob = store, container, blob
        self._data = blob.data[part]

    def chunks(self) -> Iterator[bytes]:
        blob, data, way = self._blob, self._data, self._store.way
        half = len(data) // 2
        yield data[:half]
        if half:
            way.call("go on with download", self._check)
            if way.happens(Chance.DOWNLOAD_CUT):
                way.note("flaw", "download cut")
                return
            yield data[half:]
        way.who = way.caller
        if len(data) == len(blob.data):
            self._store.note(self._container, "read", blob)

    def readall(self) -> bytes:
        return b"".join(self.chunks())

    def _check(self) -> None:
        present = self._store.blobs(self._container).get(self._blob.name)
        if present is None:
            raise not_found("BlobNotFound")
        if present.etag != self._blob.etag:
            raise modified()
