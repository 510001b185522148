"""The one way out by HTTP: to addresses that may be reached, within a time, reading little.

A name is resolved once, every address that it has is judged, and the connection goes to one of the
judged: an answer of the name server that changes meanwhile leads nowhere else. Redirects are not
followed, and no proxy or credential of the environment is used.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpcore2

from errors.deliveries import (
    DeliveryError,
    DeliveryRefusedError,
    DeliveryTimeoutError,
    DeliveryUnreachableError,
)
from integrations.public_address import Network, is_public

CONNECT_LIMIT_S = 5.0
ANSWER_LIMIT_S = 15.0
LONGEST_ANSWER_BYTES = 64 * 1024
DEFAULT_PORTS = {"https": 443, "http": 80}

# The addresses of a host, as text; raises OSError when it has none.
Resolve = Callable[[str, int], list[str]]


def system_addresses(host: str, port: int) -> list[str]:
    """What the system's resolver says, in its order and each once."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@cache
def system_tls() -> ssl.SSLContext:
    """One for all: reading the system's certificates takes longer than a request."""
    return httpcore2.default_ssl_context()


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; the address was checked by option_values.Address."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | Iterator[bytes]  # of an iterator, its Content-Length is among the headers
    may_enter: tuple[Network, ...] = ()  # beside the public internet; http goes only there
    limit_s: float = ANSWER_LIMIT_S  # from the connection to the end of the answer
    pause_limit_s: float | None = None  # the longest without a byte, where that is shorter


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes  # at most LONGEST_ANSWER_BYTES; what is longer was not read
    address: str  # the network address that was asked


@dataclass(frozen=True, slots=True)
class OutboundHttp:
    """Sends requests; safe to use from several threads."""

    resolve: Resolve = system_addresses
    tls: Callable[[], ssl.SSLContext] = system_tls

    def check(self, url: str, may_enter: tuple[Network, ...]) -> None:
        """Raises DeliveryRefusedError when the address leads where we may not send.

        A name that has no address at this moment passes: sending will tell.
        """
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        network = _Guarded(self.resolve, may_enter, is_secret=parts.scheme == "https")
        with suppress(httpcore2.ConnectTimeout):
            network.judged(parts.hostname or "", port, time.monotonic() + CONNECT_LIMIT_S)

    def send(self, request: Request) -> Answer:
        """The answer, whatever its status.

        Raises DeliveryRefusedError when the address may not be reached, and then nothing was sent;
        DeliveryTimeoutError, or DeliveryUnreachableError for all else that is no answer.
        """
        parts = urlsplit(request.url)
        network = _Guarded(self.resolve, request.may_enter, is_secret=parts.scheme == "https")
        try:
            with httpcore2.ConnectionPool(
                ssl_context=self.tls(), network_backend=network, max_keepalive_connections=0
            ) as pool:
                return _exchange(pool, request, network)
        except DeliveryError:
            raise
        except httpcore2.TimeoutException:
            raise DeliveryTimeoutError(address=network.address) from None
        except httpcore2.ConnectError as error:
            raise DeliveryUnreachableError(_reason(error), address=network.address) from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError):
            broken = "The receiver broke the connection off."
            raise DeliveryUnreachableError(broken, address=network.address) from None


def _exchange(pool: httpcore2.ConnectionPool, request: Request, network: "_Guarded") -> Answer:
    parts = urlsplit(request.url)
    url = httpcore2.URL(
        scheme=parts.scheme,
        host=parts.hostname or "",
        port=parts.port,
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
    )
    headers: dict[bytes | str, bytes | str] = {"Host": parts.netloc, "Connection": "close"}
    headers.update(request.headers.items())
    if isinstance(request.content, bytes):
        headers["Content-Length"] = str(len(request.content))
    network.limit_s = request.limit_s
    pause_s = request.pause_limit_s or request.limit_s
    timeouts = {"connect": CONNECT_LIMIT_S, "read": pause_s, "write": pause_s}
    with pool.stream(
        request.method,
        url,
        headers=headers,
        content=request.content,
        extensions={"timeout": timeouts},
    ) as response:
        body = bytearray()
        for piece in response.iter_stream():
            body += piece[: LONGEST_ANSWER_BYTES - len(body)]
            if len(body) >= LONGEST_ANSWER_BYTES:
                break
        found = {name.decode("latin-1").lower(): value for name, value in response.headers}
        words = {name: value.decode("latin-1") for name, value in found.items()}
        return Answer(response.status, words, bytes(body), network.address)


def _reason(error: Exception) -> str:
    """For people; what a certificate lacks, they can mend."""
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"The receiver's certificate was not accepted: {cause.verify_message}."
    return DeliveryUnreachableError.default_message()


class _Guarded(httpcore2.NetworkBackend):
    """Connects to addresses that were judged, and to no name."""

    def __init__(
        self, resolve: Resolve, may_enter: tuple[Network, ...], *, is_secret: bool
    ) -> None:
        self._resolve = resolve
        self._may_enter = may_enter
        self._is_secret = is_secret
        self._system = httpcore2.SyncBackend()
        self.address = ""
        self.limit_s = ANSWER_LIMIT_S

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Tries one address after the other within the time."""
        end_s = time.monotonic() + (timeout or CONNECT_LIMIT_S)
        failure: Exception = httpcore2.ConnectError("no address")
        for address in self.judged(host, port, end_s):
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                raise httpcore2.ConnectTimeout
            self.address = address
            try:
                stream = self._system.connect_tcp(
                    address, port, left_s, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
                continue
            return _Bounded(stream, time.monotonic() + self.limit_s)
        raise failure

    def judged(self, host: str, port: int, end_s: float) -> list[str]:
        """All addresses of the host, if all may be reached."""
        addresses = _within(lambda: self._resolve(host, port), end_s)
        if not all(self._may_reach(address) for address in addresses):
            raise DeliveryRefusedError
        return addresses

    def _may_reach(self, text: str) -> bool:
        """Text that is no plain address, such as one with a zone, is refused."""
        try:
            address = ip_address(text)
        except ValueError:
            return False
        if any(address in network for network in self._may_enter):
            return True
        return self._is_secret and "%" not in text and is_public(address)


def _within(look_up: Callable[[], list[str]], end_s: float) -> list[str]:
    """The system's resolver knows no limit of time: a thread waits for it, and is left behind."""
    found: list[list[str]] = []

    def run() -> None:
        try:
            found.append(look_up())
        except (OSError, UnicodeError):
            found.append([])

    thread = threading.Thread(target=run, name="resolver", daemon=True)
    thread.start()
    thread.join(max(0.0, end_s - time.monotonic()))
    if not found:
        raise httpcore2.ConnectTimeout
    return found[0]


class _Bounded(httpcore2.NetworkStream):
    """A connection that ends at a time, however often a byte comes until then."""

    def __init__(self, stream: httpcore2.NetworkStream, end_s: float) -> None:
        self._stream = stream
        self._end_s = end_s

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Bytes, or none at the end of the connection."""
        return self._stream.read(max_bytes, self._left_s(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Sends all of it."""
        self._stream.write(buffer, self._left_s(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        """Ends the connection."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        """The same connection, secret; the certificate is that of the name, not of the address."""
        left_s = self._left_s(timeout, httpcore2.ConnectTimeout)
        return _Bounded(self._stream.start_tls(ssl_context, server_hostname, left_s), self._end_s)

    def get_extra_info(self, info: str) -> Any:
        """What the connection is made of."""
        return self._stream.get_extra_info(info)

    def _left_s(self, timeout: float | None, too_late: type[Exception]) -> float:
        left_s = self._end_s - time.monotonic()
        if left_s <= 0:
            raise too_late
        return min(left_s, timeout or left_s)
