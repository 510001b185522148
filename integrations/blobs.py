"""The two containers: uploads as they came, results as they are served."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from azure.core import MatchConditions
from azure.core.exceptions import (
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobClient, BlobProperties, BlobServiceClient, ContentSettings

from errors import SourceGoneError, StorageUnavailableError
from integrations.storage import TWO_TRIES, storage_errors
from jobs.job import Upload
from jobs.naming import can_be_stored

UPLOADS = "uploads"
PROCESSED = "processed"
# The mark of a directory in accounts with a hierarchical namespace: a blob, but no upload.
FOLDER_MARK = "hdi_isfolder"
LONGEST_FILE_NAME_BYTES = 255


class UploadChangedError(Exception):
    """The blob is not the version that the job is about."""


class OutputExistsError(Exception):
    """Another result has this name, or replaced the one that was expected."""


@dataclass(frozen=True, slots=True)
class Output:
    """A blob in `processed`."""

    name: str
    etag: str
    size_bytes: int
    stored_at: datetime
    metadata: dict[str, str]
    url: str  # without a signature


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is to become a blob in `processed`."""

    name: str
    source: Path
    content_type: str
    metadata: dict[str, str]


# Gets how many bytes were moved so far; what it raises ends the transfer.
OnPiece = Callable[[int], None]


def unheard(_: int) -> None:
    """For transfers of which nobody wants to know."""


class Blobs:
    """Reads uploads, stores results, and removes either only in the version it is told."""

    def __init__(self, service: BlobServiceClient) -> None:
        self._service = service
        self._uploads = service.get_container_client(UPLOADS)
        self._processed = service.get_container_client(PROCESSED)

    def create_containers(self) -> None:
        """Creates what is missing, private; harmless when all is there."""
        for container in (self._uploads, self._processed):
            try:
                with storage_errors():
                    container.create_container()
            except ResourceExistsError:
                continue

    def are_reachable(self) -> bool:
        """Whether the account answers and holds the containers."""
        try:
            with storage_errors():
                return self._uploads.exists(**TWO_TRIES) and self._processed.exists(**TWO_TRIES)
        except StorageUnavailableError:
            return False

    def upload(self, blob_name: str) -> Upload | None:
        """The present version of an upload, or None when there is none."""
        if not can_be_stored(blob_name):
            return None
        try:
            with storage_errors():
                properties = self._uploads.get_blob_client(blob_name).get_blob_properties()
        except ResourceNotFoundError:
            return None
        return None if _is_folder(properties) else _upload(blob_name, properties)

    def uploads(self) -> Iterator[Upload]:
        """Every upload, page by page; creates the containers when they are missing."""
        for properties in self._listed(self._uploads.list_blobs, include=["metadata"]):
            if not _is_folder(properties):
                yield _upload(properties.name, properties)

    def outputs(self) -> Iterator[Output]:
        """Every stored result, page by page."""
        for properties in self._listed(self._processed.list_blobs, include=["metadata"]):
            if not _is_folder(properties):
                yield self._output(properties.name, properties)

    def download(self, upload: Upload, to: Path, on_piece: OnPiece) -> None:
        """Streams exactly that version of the upload into `to`; `on_piece` gets the bytes so far.

        Raises UploadChangedError when it was overwritten, SourceGoneError when it was deleted.
        """
        client = self._uploads.get_blob_client(upload.blob_name)
        try:
            with storage_errors(), to.open("wb") as file:
                stream = client.download_blob(decompress=False, **_only_if(upload.etag))
                for piece in stream.chunks():
                    file.write(piece)
                    on_piece(file.tell())
        except (ResourceNotFoundError, ResourceModifiedError):
            # A condition on a deleted blob is answered with either.
            if self.upload(upload.blob_name) is None:
                raise SourceGoneError from None
            raise UploadChangedError from None
        if to.stat().st_size != upload.size_bytes:
            raise StorageUnavailableError("The upload arrived incomplete.")

    def output(self, name: str) -> Output | None:
        """The result of that name, or None."""
        try:
            with storage_errors():
                properties = self._processed.get_blob_client(name).get_blob_properties()
        except ResourceNotFoundError:
            return None
        return self._output(name, properties)

    def store(
        self, delivery: Delivery, replaces: Output | None, on_piece: OnPiece = unheard
    ) -> Output:
        """Uploads a result under its name; nothing is visible before it is complete.

        Creates only, or replaces exactly the version in `replaces`. Raises OutputExistsError
        otherwise.
        """
        client = self._processed.get_blob_client(delivery.name)
        options: dict[str, Any] = {
            "length": delivery.source.stat().st_size,
            "metadata": delivery.metadata,
            "content_settings": _content(delivery.name, delivery.content_type),
            "max_concurrency": 2,
            "overwrite": replaces is not None,
            "progress_hook": lambda done, _: on_piece(done),
        }
        if replaces:
            options |= _only_if(replaces.etag)
        try:
            with storage_errors(), delivery.source.open("rb") as file:
                answer = client.upload_blob(file, **options)
        except (ResourceExistsError, ResourceModifiedError):
            raise OutputExistsError from None
        except ResourceNotFoundError:
            self.create_containers()
            raise StorageUnavailableError from None
        # Storage's answer says which version this is: asking again would cost a transaction.
        return Output(
            name=delivery.name,
            etag=_bare(answer["etag"]),
            size_bytes=options["length"],
            stored_at=answer["last_modified"],
            metadata=delivery.metadata,
            url=client.url,
        )

    def mark(self, output: Output, **marks: str) -> Output | None:
        """Adds metadata to a result, which makes it another version; None when it changed or went.

        Whoever was about to replace or delete the version that it was is refused from then on.
        """
        metadata = output.metadata | marks
        client = self._processed.get_blob_client(output.name)
        try:
            with storage_errors():
                answer = client.set_blob_metadata(metadata, **_only_if(output.etag))
        except (ResourceNotFoundError, ResourceModifiedError):
            return None
        return replace(output, etag=_bare(answer["etag"]), metadata=metadata)

    def stored_sha256(self, output: Output, on_piece: OnPiece = unheard) -> str | None:
        """The digest of what storage holds, read in pieces; None when it changed or is gone."""
        client = self._processed.get_blob_client(output.name)
        digest, done_bytes = hashlib.sha256(), 0
        try:
            with storage_errors():
                stream = client.download_blob(**_only_if(output.etag))
                for piece in stream.chunks():
                    digest.update(piece)
                    done_bytes += len(piece)
                    on_piece(done_bytes)
        except (ResourceNotFoundError, ResourceModifiedError):
            return None
        return digest.hexdigest()

    def delete_upload(self, blob_name: str, etag: str) -> bool:
        """Deletes that version of an upload; False when it is gone or a newer one came."""
        return _delete(self._uploads.get_blob_client(blob_name), etag)

    def delete_output(self, name: str, etag: str) -> bool:
        """Deletes that version of a result; False when it is gone or was replaced."""
        return _delete(self._processed.get_blob_client(name), etag)

    def output_client(self, name: str) -> BlobClient:
        """The SDK client of a result, for signing its link."""
        return self._processed.get_blob_client(name)

    def _output(self, name: str, properties: BlobProperties) -> Output:
        return Output(
            name=name,
            etag=_etag(properties),
            size_bytes=properties.size,
            stored_at=properties.last_modified,
            metadata=properties.metadata or {},
            url=self._processed.get_blob_client(name).url,
        )

    def _listed(
        self, list_blobs: Callable[..., Iterator[BlobProperties]], include: list[str]
    ) -> Iterator[BlobProperties]:
        try:
            with storage_errors():
                yield from list_blobs(include=include)
        except ResourceNotFoundError:
            self.create_containers()


def sha256_of(path: Path) -> str:
    """The digest of a local file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _delete(client: BlobClient, etag: str) -> bool:
    try:
        with storage_errors():
            client.delete_blob(delete_snapshots="include", **_only_if(etag))
    except (ResourceNotFoundError, ResourceModifiedError):
        return False
    return True


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


def _is_folder(properties: BlobProperties) -> bool:
    return (properties.metadata or {}).get(FOLDER_MARK, "").lower() == "true"


def _upload(blob_name: str, properties: BlobProperties) -> Upload:
    return Upload(blob_name, properties.size, _etag(properties), properties.last_modified)


def _only_if(etag: str) -> dict[str, Any]:
    return {"etag": f'"{etag}"', "match_condition": MatchConditions.IfNotModified}


def _etag(properties: BlobProperties) -> str:
    return _bare(properties.etag)


def _bare(etag: object) -> str:
    """Without quotes: listings give them bare, other answers quoted."""
    return str(etag).strip('"')
