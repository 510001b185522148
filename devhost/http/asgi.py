"""Gives HTTP requests and responses a plain form over the ASGI interface of the server."""

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class ClientGone(Exception):
    """The client closed the connection."""


class BodyTooLarge(Exception):
    """The request body exceeds the host's limit."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, its body not read yet."""

    method: str
    # Percent-encoded, as the client sent it, without the query.
    raw_path: str
    query: str
    # As they came; names in lower case.
    raw_headers: tuple[tuple[str, str], ...]
    client_address: str
    receive: Receive
    body_limit_bytes: int

    def header(self, name: str) -> str:
        """The header's values joined with commas, "" when absent."""
        return ",".join(value for key, value in self.raw_headers if key == name)

    @property
    def content_length(self) -> int | None:
        """The announced length, None for a chunked or absent body."""
        text = self.header("content-length")
        return int(text) if text.isdigit() else None

    @property
    def has_body(self) -> bool:
        """Whether the client announced a body."""
        return bool(self.content_length) or bool(self.header("transfer-encoding"))

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives; raises ClientGone or BodyTooLarge."""
        size_bytes, more = 0, True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            chunk: bytes = message.get("body", b"")
            size_bytes += len(chunk)
            if size_bytes > self.body_limit_bytes:
                raise BodyTooLarge
            more = message.get("more_body", False)
            if chunk:
                yield chunk

    async def body(self) -> bytes:
        """The whole body."""
        return b"".join([chunk async for chunk in self.chunks()])


@dataclass(frozen=True, slots=True)
class Response:
    """A response that is held in memory."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)

    async def send(self, send: Send) -> None:
        """Sends it."""
        headers = list(self.headers)
        if self.content_type:
            headers.append(("content-type", self.content_type))
        names = {name.lower() for name, _ in headers}
        if "content-length" not in names and self.status not in (204, 304):
            headers.append(("content-length", str(len(self.body))))
        await send(
            {
                "type": "http.response.start",
                "status": self.status,
                "headers": [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in headers],
            }
        )
        await send({"type": "http.response.body", "body": self.body})


def request_of(scope: Scope, receive: Receive, body_limit_bytes: int) -> Request:
    """The request in an ASGI scope."""
    return Request(
        method=scope["method"],
        raw_path=scope["raw_path"].decode("latin-1").partition("?")[0],
        query=scope["query_string"].decode("latin-1"),
        raw_headers=tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, value in scope["headers"]
        ),
        client_address=(scope.get("client") or ("",))[0],
        receive=receive,
        body_limit_bytes=body_limit_bytes,
    )
