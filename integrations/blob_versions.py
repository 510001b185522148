"""What both containers need: versions of blobs by their ETag, folders that are no files, pages."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobClient, BlobProperties, ContainerClient

from errors import StorageUnavailableError
from integrations.storage import TWO_TRIES, storage_errors

# The mark of a directory in accounts with a hierarchical namespace: a blob, but no file.
FOLDER_MARK = "hdi_isfolder"

# Gets how many bytes were moved so far; what it raises ends the transfer.
OnPiece = Callable[[int], None]


def unheard(_: int) -> None:
    """For transfers of which nobody wants to know."""


def create_container(container: ContainerClient) -> None:
    """Creates it, private; harmless when it is there."""
    with suppress(ResourceExistsError), storage_errors():
        container.create_container()


def is_reachable(container: ContainerClient) -> bool:
    """Whether the account answers and has the container."""
    try:
        with storage_errors():
            return container.exists(**TWO_TRIES)
    except StorageUnavailableError:
        return False


def listed(container: ContainerClient, prefix: str | None = None) -> Iterator[BlobProperties]:
    """Every file with its metadata, page by page; creates the container when it is missing."""
    try:
        with storage_errors():
            for properties in container.list_blobs(name_starts_with=prefix, include=["metadata"]):
                if not is_folder(properties):
                    yield properties
    except ResourceNotFoundError:
        create_container(container)


def delete_version(client: BlobClient, etag: str) -> bool:
    """Deletes that version of a blob; False when it is gone or a newer one came."""
    try:
        with storage_errors():
            client.delete_blob(delete_snapshots="include", **only_if(etag))
    except (ResourceNotFoundError, ResourceModifiedError):
        return False
    return True


def is_folder(properties: BlobProperties) -> bool:
    """Whether the blob is only the mark of a directory: anybody may write the word at a file."""
    words = {name.lower(): text.lower() for name, text in (properties.metadata or {}).items()}
    is_marked = words.get(FOLDER_MARK) == "true"
    return is_marked and properties.size == 0


def only_if(etag: str) -> dict[str, Any]:
    """The SDK's options for a call that is refused when the blob is not that version."""
    return {"etag": f'"{etag}"', "match_condition": MatchConditions.IfNotModified}


def bare(etag: object) -> str:
    """Without quotes: listings give them bare, other answers quoted."""
    return str(etag).strip('"')
