"""Files posted to their owner in a form of three fields."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from uuid import uuid4

from errors.deliveries import DeliveryObsoleteError
from integrations.destinations.answers import accepted
from integrations.destinations.destination import (
    DeliveryAnswer,
    DeliveryAttempt,
    Parcel,
)
from integrations.outbound_http import OutboundHttp, Request
from integrations.public_address import Network

# From the connection to the end of the answer: less than the host lets a function run.
WHOLE_LIMIT_S = 25 * 60.0
# Without a byte in either direction; the receiver may have to put the whole file away first.
PAUSE_LIMIT_S = 120.0
# A video that cannot be encoded stays in whatever container it came.
CONTENT_TYPES = {".mp4": "video/mp4", ".webm": "video/webm", ".mov": "video/quicktime"}
ANY_CONTENT_TYPE = "application/octet-stream"


class PushDestination:
    """Sends the form with its length, which many receivers need, and never holds the file."""

    def __init__(
        self,
        outbound: OutboundHttp,
        allowed: tuple[Network, ...],
        pause_limit_s: float = PAUSE_LIMIT_S,
    ) -> None:
        self._outbound = outbound
        self._allowed = allowed
        self._pause_limit_s = pause_limit_s

    def send(self, attempt: DeliveryAttempt) -> DeliveryAnswer:
        """See Destination; any status from 200 to 299 is an acceptance, and nothing else.

        A repetition has the same video_id: who has it already, accepts it again.
        """
        if (parcel := attempt.parcel) is None:
            raise DeliveryObsoleteError
        form = Form.of(parcel)
        answer = self._outbound.send(
            Request(
                "POST",
                attempt.endpoint.url,
                form.headers(parcel),
                form.body(attempt, parcel),
                self._allowed if attempt.is_trusted else (),
                WHOLE_LIMIT_S,
                self._pause_limit_s,
            )
        )
        return accepted(answer, attempt.now)


@dataclass(frozen=True, slots=True)
class Form:
    """A multipart body around a file."""

    boundary: str
    head: bytes
    tail: bytes

    @classmethod
    def of(cls, parcel: Parcel) -> "Form":
        """The fields of the contract, and then the file."""
        boundary = uuid4().hex
        kind = CONTENT_TYPES.get(PurePosixPath(parcel.file_name).suffix, ANY_CONTENT_TYPE)
        fields = {"video_id": parcel.external_id, "organization_id": parcel.organization_id or ""}
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="file";'
            f' filename="{parcel.file_name}"\r\nContent-Type: {kind}\r\n\r\n'
        )
        return cls(boundary, "".join(parts).encode(), f"\r\n--{boundary}--\r\n".encode())

    def headers(self, parcel: Parcel) -> dict[str, str]:
        """What is known beforehand, length included."""
        length = len(self.head) + parcel.content.size_bytes + len(self.tail)
        return {
            "Content-Type": f"multipart/form-data; boundary={self.boundary}",
            "Content-Length": str(length),
            "User-Agent": "mediaprocessor",
        }

    def body(self, attempt: DeliveryAttempt, parcel: Parcel) -> Iterator[bytes]:
        """All of it, in pieces."""
        yield self.head
        for piece in parcel.content.pieces():
            attempt.check()
            yield piece
        yield self.tail
