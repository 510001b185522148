"""How the storage account is reached: clients from settings, and what their errors mean to us."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from azure.core.credentials import TokenCredential
from azure.core.exceptions import (
    AzureError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import TableClient, TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient, TextBase64DecodePolicy, TextBase64EncodePolicy

from errors import (
    BlobLockedError,
    MediaProcessorError,
    SourceArchivedError,
    SourceEncryptedError,
    StorageDeniedError,
    StorageUnavailableError,
)
from errors.requests import InvalidNameError
from integrations.storage_time import StorageTime
from settings import Settings

T = TypeVar("T")

TIMEOUTS: dict[str, Any] = {"connection_timeout": 5, "read_timeout": 30}
# Four more tries within about twelve seconds: when every fifth call fails, one in 3,000 fails five
# times, and an outage becomes a retry of the job, not a hang. The SDK's own pauses (15 s and more
# for blobs) would hold a worker for over a minute; it counts each kind of failure by itself.
TRIES: dict[str, Any] = dict.fromkeys(
    ("retry_total", "retry_connect", "retry_read", "retry_status"), 4
)
STORAGE_RETRIES: dict[str, Any] = (
    TIMEOUTS | TRIES | {"initial_backoff": 0, "increment_base": 1.5, "random_jitter_range": 1}
)
TABLE_RETRIES: dict[str, Any] = TIMEOUTS | TRIES
# Inserts are repeated as well: who meets its own row knows it.
INSERT_TOO: dict[str, Any] = {"retry_on_methods": frozenset(("POST",))}
# For asking whether the account answers at all: a second try, as a connection that was kept open
# may have been closed at the other end.
TWO_TRIES: dict[str, Any] = {"retry_total": 1, "connection_timeout": 2, "read_timeout": 5}
# For asking again and again, after a call that had all its tries.
ONE_TRY: dict[str, Any] = TWO_TRIES | {"retry_total": 0}


def within(limit_s: float) -> dict[str, Any]:
    """Two tries as well, for a call that may hang no longer than that."""
    return {"retry_total": 1, "connection_timeout": limit_s / 2, "read_timeout": limit_s / 2}


# Streams move in pieces, so memory stays flat whatever the file size. Uploads move two at a time;
# downloads one after the other, each for a round trip. A download takes four pieces of memory.
PIECE_BYTES = 4 * 1024 * 1024
DOWNLOAD_PIECE_BYTES = 8 * 1024 * 1024


# What asking again would not change, by the code of storage's answer.
REFUSALS: dict[str, type[MediaProcessorError]] = {
    **dict.fromkeys(("BlobArchived", "BlobBeingRehydrated"), SourceArchivedError),
    "BlobUsesCustomerSpecifiedEncryption": SourceEncryptedError,
    # Of names that storage reads otherwise than we do; jobs/naming.py refuses those that are known.
    **dict.fromkeys(("InvalidResourceName", "OutOfRangeInput", "InvalidUri"), InvalidNameError),
    # Asked again all the same: a role takes minutes to work, and somebody may be giving it now.
    **dict.fromkeys(
        (
            *("AuthorizationPermissionMismatch", "AuthorizationFailure", "AuthenticationFailed"),
            *("AuthorizationProtocolMismatch", "InsufficientAccountPermissions"),
            *(
                "AuthorizationSourceIPMismatch",
                "AccountIsDisabled",
                "KeyBasedAuthenticationNotPermitted",
            ),
        ),
        StorageDeniedError,
    ),
    **dict.fromkeys(
        (
            *("BlobImmutableDueToPolicy", "BlobImmutableDueToLegalHold", "LeaseIdMissing"),
            *("LeaseIdMismatchWithBlobOperation", "LeaseIsBreakingAndCannotBeAcquired"),
        ),
        BlobLockedError,
    ),
}


@contextlib.contextmanager
def storage_errors() -> Iterator[None]:
    """Lets the three answers that callers act on pass; any other failure is a transient one.

    Raises as well SourceArchivedError, SourceEncryptedError and BlobLockedError.
    """
    try:
        with _refusals():
            yield
    except ResourceExistsError as error:
        # The SDK calls every 409 so: also a container that is being deleted, an archived blob.
        code = getattr(error, "error_code", None)
        if code and "AlreadyExists" not in str(getattr(code, "value", code)):
            raise StorageUnavailableError from error
        raise
    except (ResourceModifiedError, ResourceNotFoundError):
        raise
    except AzureError as error:
        raise StorageUnavailableError from error
    except AttributeError as error:
        # The SDK for tables looks for the headers of an answer that broke off, and finds none.
        if isinstance(error.__context__, AzureError):
            raise StorageUnavailableError from error
        raise


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except AzureError as error:
        code = getattr(error, "error_code", None)
        if refusal := REFUSALS.get(str(getattr(code, "value", code))):
            raise refusal from error
        raise


def create(call: Callable[[], Any]) -> None:
    """Creates a table or queue by that call of the SDK; harmless when it is there."""
    with contextlib.suppress(ResourceExistsError), storage_errors():
        call()


def with_creation(call: Callable[[], T], create_it: Callable[[], None]) -> T:
    """The answer to `call`, made again once its table or queue was created if that is missing.

    Once: while a deleted one goes away, it is neither there nor can it be created.
    """
    try:
        return call()
    except ResourceNotFoundError:
        create_it()
    try:
        return call()
    except ResourceNotFoundError as error:
        raise StorageUnavailableError from error


def blob_service(settings: Settings, time: StorageTime | None = None) -> BlobServiceClient:
    """The blob service of the configured account."""
    options = (
        STORAGE_RETRIES
        | _hooks(time)
        | {
            "max_single_put_size": PIECE_BYTES,
            "max_block_size": PIECE_BYTES,
            "max_single_get_size": DOWNLOAD_PIECE_BYTES,
            "max_chunk_get_size": DOWNLOAD_PIECE_BYTES,
        }
    )
    if settings.connection_string:
        return BlobServiceClient.from_connection_string(settings.connection_string, **options)
    url = settings.blob_service_url or _address(settings, "blob")
    return BlobServiceClient(url, credential=_identity(settings), **options)


def queue_client(settings: Settings, name: str, time: StorageTime | None = None) -> QueueClient:
    """One queue; messages are base64, as the host expects them."""
    options = (
        STORAGE_RETRIES
        | _hooks(time)
        | {
            "message_encode_policy": TextBase64EncodePolicy(),
            "message_decode_policy": TextBase64DecodePolicy(),
        }
    )
    if settings.connection_string:
        return QueueClient.from_connection_string(settings.connection_string, name, **options)
    url = settings.queue_service_url or _address(settings, "queue")
    return QueueClient(url, name, credential=_identity(settings), **options)


def table_client(settings: Settings, name: str, time: StorageTime | None = None) -> TableClient:
    """One table."""
    options = TABLE_RETRIES | _hooks(time)
    if settings.connection_string:
        service = TableServiceClient.from_connection_string(settings.connection_string, **options)
    else:
        url = settings.table_service_url or _address(settings, "table")
        service = TableServiceClient(url, credential=_identity(settings), **options)
    return service.get_table_client(name)


def _hooks(time: StorageTime | None) -> dict[str, Any]:
    return time.hooks() if time else {}


def _address(settings: Settings, service: str) -> str:
    return f"https://{settings.storage_account_name}.{service}.core.windows.net"


def _identity(settings: Settings) -> TokenCredential:
    from azure.identity import ManagedIdentityCredential  # half a second, only where it is used

    return ManagedIdentityCredential(client_id=settings.identity_client_id)
