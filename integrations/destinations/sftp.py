"""Files brought to a server by SFTP, and confirmed by a request to their owner."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from errors.deliveries import (
    DeliveryError,
    DeliveryObsoleteError,
    DeliveryRefusedError,
    DeliveryStoreError,
)
from integrations.destinations.answers import accepted
from integrations.destinations.destination import (
    DeliveryAnswer,
    DeliveryAttempt,
    Parcel,
)
from integrations.outbound_http import ANSWER_LIMIT_S, OutboundHttp, Request
from integrations.public_address import Network
from integrations.sftp_session import SftpServer, session
from integrations.stored_content import StoredContent

if TYPE_CHECKING:
    from paramiko import SFTPClient, SFTPFile

    from integrations.sftp_client import LimitsClient

# After as much, all answers are waited for: a disk that is full is noticed by then.
UNANSWERED_BYTES = 32 * 1024 * 1024
# Of a file that was cut off: a server may have holes near its end.
NOT_TRUSTED_BYTES = 8 * 1024 * 1024
# A part that another attempt renames between two requests has to be made again.
OPEN_TRIES = 3
# Of results; a video that cannot be encoded stays in whatever container it came.
IMAGE_EXTENSIONS = frozenset({".webp", ".avif", ".jpg", ".png", ".gif"})


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Who is told that a file has arrived."""

    url: str
    outbound: OutboundHttp
    allowed: tuple[Network, ...]
    limit_s: float = ANSWER_LIMIT_S

    def send(self, media_id: str, path: str, now: datetime) -> DeliveryAnswer:
        """Returns once it was accepted; raises DeliveryError, which says that the file is there."""
        body = json.dumps({"mediaId": media_id, "filePath": path}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "User-Agent": "mediaprocessor"}
        request = Request("POST", self.url, headers, body, self.allowed, self.limit_s)
        try:
            return accepted(self.outbound.send(request), now)
        except DeliveryError as error:
            error.file_has_arrived = True
            raise


class SftpDestination:
    """Writes beside the final name, and renames: nobody ever sees a part of a file."""

    def __init__(self, server: SftpServer, confirmation: Confirmation | None) -> None:
        self._server = server
        self._confirmation = confirmation

    def send(self, attempt: DeliveryAttempt) -> DeliveryAnswer:
        """See Destination; what was written before a break is not sent again.

        The file's name is unique, and its part's name tells the version of the result: two attempts
        write the same bytes to the same places.
        """
        if not attempt.is_trusted:
            raise DeliveryRefusedError  # there is one server, and no client names another
        if (parcel := attempt.parcel) is None:
            raise DeliveryObsoleteError
        path = self._path(parcel)
        address = f"{self._server.host}:{self._server.port}"
        if not attempt.delivery.has_arrived:
            with _stored(), session(self._server) as client:
                _send_file(client, attempt, parcel, path)
            attempt.uploaded()
        if self._confirmation is None:
            return DeliveryAnswer(answer=path, address=address)
        return self._confirmation.send(parcel.external_id, path, attempt.now)

    def _path(self, parcel: Parcel) -> str:
        is_image = PurePosixPath(parcel.file_name).suffix in IMAGE_EXTENSIONS
        return f"{self._server.base}/{'images' if is_image else 'videos'}/{parcel.file_name}"


@contextmanager
def _stored() -> Iterator[None]:
    """What the server says about files is an error of ours."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or (error.args[0] if error.args else "")
        raise DeliveryStoreError(f"The server did not store the file: {reason}") from None


def _send_file(client: "LimitsClient", attempt: DeliveryAttempt, parcel: Parcel, path: str) -> None:
    if attempt.delivery.attempts > 1 and _size(client, path) == parcel.content.size_bytes:
        return  # an earlier attempt came that far
    part = f"{path}.{hashlib.sha256(parcel.content.etag.encode()).hexdigest()[:8]}.part"
    _make_folder(client, str(PurePosixPath(path).parent))
    _write(client, attempt, parcel, part)
    size = parcel.content.size_bytes
    if _size(client, part) != size:
        if _size(client, path) == size:
            return  # another attempt has sent the same bytes, and was faster
        raise DeliveryStoreError("The server stored another size than was sent.")
    attempt.check()
    _rename(client, part, path)


def _write(client: "LimitsClient", attempt: DeliveryAttempt, parcel: Parcel, part: str) -> None:
    """Goes on where an earlier attempt was cut off, some megabytes before.

    Nothing is cut off what is there: another attempt may be writing the same bytes at this moment.
    """
    known = _size(client, part)
    if known is not None and known > parcel.content.size_bytes:
        client.remove(part)
        known = None
    at = max(0, (known or 0) - NOT_TRUSTED_BYTES)
    with _opened(client, part) as file:
        file.seek(at)
        file.MAX_REQUEST_SIZE = client.request_bytes()
        for request in _requests(parcel.content, at, file.MAX_REQUEST_SIZE):
            attempt.check()
            before, at = at, at + len(request)
            # The last of all waits for its answer, or a full disk would go unnoticed.
            is_last = at == parcel.content.size_bytes
            file.set_pipelined(not is_last and at // UNANSWERED_BYTES == before // UNANSWERED_BYTES)
            file.write(request)


def _requests(content: StoredContent, begin: int, most_bytes: int) -> Iterator[bytes]:
    for piece in content.pieces(begin):
        for at in range(0, len(piece), most_bytes):
            yield piece[at : at + most_bytes]
        del piece  # before the next one comes


def _opened(client: "SFTPClient", path: str) -> "SFTPFile":
    """A file to write into as it is, made where there is none."""
    for _ in range(OPEN_TRIES):
        try:
            return client.open(path, "r+b")
        except FileNotFoundError:
            with suppress(OSError):  # another attempt made it
                client.open(path, "xb").close()
    raise DeliveryStoreError("The server does not keep a file that it was asked to make.")


def _size(client: "SFTPClient", path: str) -> int | None:
    try:
        return client.stat(path).st_size
    except FileNotFoundError:
        return None


def _make_folder(client: "SFTPClient", folder: str) -> None:
    """Another transfer may make it at the same moment."""
    if _size(client, folder) is None:
        with suppress(OSError):
            client.mkdir(folder)


def _rename(client: "SFTPClient", part: str, path: str) -> None:
    """In one step where the server can; others refuse to rename over what is there."""
    try:
        client.posix_rename(part, path)
    except OSError:
        if _size(client, part) is None and _size(client, path) is not None:
            return  # another attempt renamed it
        if _size(client, path) is not None:
            client.remove(path)
        client.rename(part, path)
