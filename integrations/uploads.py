"""The container of uploads, as they came."""

from collections.abc import Iterator
from pathlib import Path

from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import BlobProperties, BlobServiceClient

from errors import SourceEncryptedError, SourceGoneError, StorageUnavailableError
from integrations.blob_versions import (
    OnPiece,
    bare,
    create_container,
    delete_version,
    is_folder,
    is_reachable,
    listed,
    only_if,
)
from integrations.storage import storage_errors
from jobs.naming import can_be_stored
from jobs.upload import Upload

UPLOADS = "uploads"


class UploadChangedError(Exception):
    """The blob is not the version that the job is about."""


class Uploads:
    """Reads uploads, and removes one only in the version it is told."""

    def __init__(self, service: BlobServiceClient) -> None:
        self._container = service.get_container_client(UPLOADS)

    def create(self) -> None:
        """Creates the container, private; harmless when it is there."""
        create_container(self._container)

    def is_reachable(self) -> bool:
        """Whether the account answers and has the container."""
        return is_reachable(self._container)

    def get(self, blob_name: str) -> Upload | None:
        """The present version of an upload, or None when there is none."""
        if not can_be_stored(blob_name):
            return None
        try:
            with storage_errors():
                properties = self._container.get_blob_client(blob_name).get_blob_properties()
        except ResourceNotFoundError:
            return None
        except (
            SourceEncryptedError
        ):  # only a listing tells of it, and a job has to say why it fails
            return next(
                filter(lambda each: each.blob_name == blob_name, self._listed(blob_name)), None
            )
        return None if is_folder(properties) else _upload(blob_name, properties)

    def all(self) -> Iterator[Upload]:
        """Every upload, page by page; creates the container when it is missing."""
        return self._listed()

    def starting(self, begin: str) -> Iterator[Upload]:
        """Every upload whose name begins so, page by page."""
        return self._listed(begin)

    def _listed(self, begin: str | None = None) -> Iterator[Upload]:
        for properties in listed(self._container, begin):
            yield _upload(properties.name, properties)

    def download(self, upload: Upload, to: Path, on_piece: OnPiece) -> None:
        """Streams exactly that version of the upload into `to`; `on_piece` gets the bytes so far.

        Raises UploadChangedError when it was overwritten, SourceGoneError when it was deleted.
        """
        client = self._container.get_blob_client(upload.blob_name)
        try:
            with storage_errors(), to.open("wb") as file:
                stream = client.download_blob(decompress=False, **only_if(upload.etag))
                for piece in stream.chunks():
                    file.write(piece)
                    on_piece(file.tell())
        except (ResourceNotFoundError, ResourceModifiedError):
            # A condition on a deleted blob is answered with either.
            if self.get(upload.blob_name) is None:
                raise SourceGoneError from None
            raise UploadChangedError from None
        if to.stat().st_size != upload.size_bytes:
            raise StorageUnavailableError("The upload arrived incomplete.")

    def delete(self, blob_name: str, etag: str) -> bool:
        """Deletes that version of an upload; False when it is gone or a newer one came."""
        return delete_version(self._container.get_blob_client(blob_name), etag)


def _upload(blob_name: str, properties: BlobProperties) -> Upload:
    return Upload(
        blob_name,
        properties.size,
        bare(properties.etag),
        properties.last_modified,
        properties.metadata or {},
    )
