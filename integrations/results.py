"""The container of results, as they are served."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from azure.core.exceptions import (
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobClient, BlobProperties, BlobServiceClient, ContentSettings

from errors import StorageUnavailableError
from integrations.blob_versions import (
    OnPiece,
    bare,
    create_container,
    delete_version,
    is_reachable,
    listed,
    only_if,
    unheard,
)
from integrations.storage import storage_errors
from jobs.marks import Marks

PROCESSED = "processed"
LONGEST_FILE_NAME_BYTES = 255


class ResultExistsError(Exception):
    """Another result has this name, or replaced the one that was expected."""


@dataclass(frozen=True, slots=True)
class NewResult:
    """What is to become a blob in `processed`."""

    name: str
    source: Path
    content_type: str
    marks: Marks


@dataclass(frozen=True, slots=True)
class StoredResult:
    """A blob in `processed`."""

    name: str
    etag: str
    size_bytes: int
    stored_at: datetime
    marks: Marks
    url: str  # without a signature

    @property
    def version(self) -> tuple[str, str]:
        """What tells it from every other result."""
        return self.name, self.etag


class Results:
    """Stores results, and changes or removes one only in the version it is told."""

    def __init__(self, service: BlobServiceClient) -> None:
        self._container = service.get_container_client(PROCESSED)

    def create(self) -> None:
        """Creates the container, private; harmless when it is there."""
        create_container(self._container)

    def is_reachable(self) -> bool:
        """Whether the account answers and has the container."""
        return is_reachable(self._container)

    def get(self, name: str) -> StoredResult | None:
        """The result of that name, or None."""
        try:
            with storage_errors():
                properties = self.client(name).get_blob_properties()
        except ResourceNotFoundError:
            return None
        return self._stored(name, properties)

    def all(self) -> Iterator[StoredResult]:
        """Every stored result, page by page; creates the container when it is missing."""
        for properties in listed(self._container):
            yield self._stored(properties.name, properties)

    def store(
        self, new: NewResult, replaces: StoredResult | None, on_piece: OnPiece = unheard
    ) -> StoredResult:
        """Uploads a result under its name; nothing is visible before it is complete.

        Creates only, or replaces exactly the version in `replaces`. Raises ResultExistsError
        otherwise.
        """
        client = self.client(new.name)
        options: dict[str, Any] = {
            "length": new.source.stat().st_size,
            "metadata": new.marks.write(),
            "content_settings": _content(new.name, new.content_type),
            "max_concurrency": 2,
            "overwrite": replaces is not None,
            "progress_hook": lambda done, _: on_piece(done),
        }
        if replaces:
            options |= only_if(replaces.etag)
        try:
            with storage_errors(), new.source.open("rb") as file:
                answer = client.upload_blob(file, **options)
        except (ResourceExistsError, ResourceModifiedError):
            raise ResultExistsError from None
        except ResourceNotFoundError:
            self.create()
            raise StorageUnavailableError from None
        # Storage's answer says which version this is: asking again would cost a transaction.
        return StoredResult(
            name=new.name,
            etag=bare(answer["etag"]),
            size_bytes=options["length"],
            stored_at=answer["last_modified"],
            marks=new.marks,
            url=client.url,
        )

    def mark(self, stored: StoredResult, marks: Marks) -> StoredResult | None:
        """Writes other marks on a result, which makes it another version.

        None when it changed or went. Whoever was about to replace or delete the version that it
        was is refused from then on.
        """
        try:
            with storage_errors():
                answer = self.client(stored.name).set_blob_metadata(
                    marks.write(), **only_if(stored.etag)
                )
        except (ResourceNotFoundError, ResourceModifiedError):
            return None
        return replace(stored, etag=bare(answer["etag"]), marks=marks)

    def stored_sha256(self, stored: StoredResult, on_piece: OnPiece = unheard) -> str | None:
        """The digest of what storage holds, read in pieces; None when it changed or is gone."""
        digest, done_bytes = hashlib.sha256(), 0
        try:
            with storage_errors():
                stream = self.client(stored.name).download_blob(**only_if(stored.etag))
                for piece in stream.chunks():
                    digest.update(piece)
                    done_bytes += len(piece)
                    on_piece(done_bytes)
        except (ResourceNotFoundError, ResourceModifiedError):
            return None
        return digest.hexdigest()

    def delete(self, name: str, etag: str) -> bool:
        """Deletes that version of a result; False when it is gone or was replaced."""
        return delete_version(self.client(name), etag)

    def client(self, name: str) -> BlobClient:
        """The SDK client of a result, for signing its link."""
        return self._container.get_blob_client(name)

    def _stored(self, name: str, properties: BlobProperties) -> StoredResult:
        return StoredResult(
            name=name,
            etag=bare(properties.etag),
            size_bytes=properties.size,
            stored_at=properties.last_modified,
            marks=Marks.read(properties.metadata or {}),
            url=self.client(name).url,
        )


def sha256_of(path: Path) -> str:
    """The digest of a local file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _content(name: str, content_type: str) -> ContentSettings:
    """Served as what we encoded, never sniffed from its name; a browser saves it as a file."""
    file_name = quote(_file_name(name), safe="")
    return ContentSettings(
        content_type=content_type,
        content_disposition=f"attachment; filename*=UTF-8''{file_name}",
        cache_control="private",
    )


def _file_name(name: str) -> str:
    """The last part, cut in its middle to what a disk may call a file.

    A longer one would not only be of no use: beside an address of the same length, it fills the
    headers that storage reads, and the request is refused.
    """
    stem, dot, extension = name.rpartition("/")[2].rpartition(".")
    tail = f"{dot}{extension}".encode()
    head = stem.encode()[: max(0, LONGEST_FILE_NAME_BYTES - len(tail))]
    return (head + tail).decode(errors="ignore")
