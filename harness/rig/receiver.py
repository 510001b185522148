"""A receiver of webhooks on this machine, which can be told to misbehave."""

import contextlib
import re
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOOPBACK = "127.0.0.1"
# What a receiver may do instead of accepting, besides answering with a status.
HANG, DRIP, CLOSE, HUGE, GARBAGE = "hang", "drip", "close", "huge", "garbage"
WORDS = (HANG, DRIP, CLOSE, HUGE, GARBAGE)
ACCEPT = "200"
STATUS = re.compile(r"[2-5][0-9]{2}(:[0-9]+)?")
GIGABYTE = 1 << 30
PIECE = b"x" * (1 << 16)


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came."""

    path: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    at_s: float  # of time.monotonic()

    @property
    def id(self) -> str:
        """The `webhook-id`, by which repetitions are known."""
        return self.headers.get("webhook-id", "")


class Receiver(ThreadingHTTPServer):
    """Takes what comes; safe to ask from several threads."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int = 0, host: str = LOOPBACK) -> None:
        super().__init__((host, port), _Handler)
        self.received: list[Received] = []
        self.answered: list[str] = []  # what was done about each, in the order of their ends
        self.on_request: Callable[[Received, str], None] = lambda _, __: None
        self.location = ""  # where redirects lead, if not elsewhere on this receiver
        self.sent_bytes = 0
        self.at_once = 0  # how many requests are being answered
        self.most_at_once = 0
        self._to_come: deque[str] = deque()
        self._otherwise = ACCEPT
        self._lock = threading.Lock()
        self._scheme = "http"
        self.is_over = threading.Event()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{self._scheme}://{self.server_address[0]!s}:{self.server_address[1]}"

    @property
    def ids(self) -> list[str]:
        """Of all requests, in the order in which they came."""
        return [each.id for each in self.received]

    def behave(self, *words: str, otherwise: str = ACCEPT) -> None:
        """What is done about the next requests, one after the other, and about all others.

        A status (`500`, or `503:30` with a Retry-After), or one of WORDS.
        """
        with self._lock:
            self._to_come = deque(words)
            self._otherwise = otherwise

    def with_tls(self, context: ssl.SSLContext) -> "Receiver":
        """The same with https; to be called before it serves."""
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )
        self._scheme = "https"
        return self

    def taken(self, received: Received) -> str:
        """Notes a request; returns what to do about it."""
        with self._lock:
            behaviour = self._to_come.popleft() if self._to_come else self._otherwise
            self.received.append(received)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.on_request(received, behaviour)
        return behaviour

    def left(self, behaviour: str) -> None:
        """The request was answered, or given up."""
        with self._lock:
            self.at_once -= 1
            self.answered.append(behaviour)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves is no error."""


@contextlib.contextmanager
def receiving(receiver: Receiver | None = None) -> Iterator[Receiver]:
    """A receiver that serves until the block ends."""
    receiver = receiver or Receiver()
    thread = threading.Thread(target=receiver.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.is_over.set()
        receiver.shutdown()
        receiver.server_close()


def checked(words: Iterable[str]) -> list[str]:
    """The behaviours that they name; raises ValueError for anything else."""
    found = [word.strip() for word in words]
    for word in found:
        if word not in WORDS and not STATUS.fullmatch(word):
            raise ValueError(word)
    return found


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        behaviour = self.server.taken(Received(self.path, headers, body, time.monotonic()))
        try:
            self._do(behaviour)
        finally:
            self.server.left(behaviour)

    do_PUT = do_POST  # noqa: N815 -- the library's name
    do_GET = do_POST  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Says nothing: who wants to see requests sets `on_request`."""

    def _do(self, behaviour: str) -> None:
        self.close_connection = True
        if behaviour == HANG:
            self.server.is_over.wait()
        elif behaviour == DRIP:
            self._drip()
        elif behaviour == CLOSE:
            self.connection.shutdown(socket.SHUT_RDWR)
        elif behaviour == GARBAGE:
            self.wfile.write(b"what is this?\r\n\r\n")
        elif behaviour == HUGE:
            self._flood()
        else:
            self._answer(behaviour)

    def _answer(self, behaviour: str) -> None:
        status, _, pause = behaviour.partition(":")
        self.send_response(int(status))
        if pause:
            self.send_header("Retry-After", pause)
        if status.startswith("3"):
            self.send_header("Location", self.server.location or f"{self.server.url}/elsewhere")
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"thanks")

    def _drip(self) -> None:
        """A byte of the answer's head now and then, for as long as the other side bears it."""
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 10_000:
            if self.server.is_over.wait(0.05):
                return
            self.wfile.write(bytes([byte]))

    def _flood(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(GIGABYTE))
        self.end_headers()
        while self.server.sent_bytes < GIGABYTE and not self.server.is_over.is_set():
            self.wfile.write(PIECE)
            self.server.sent_bytes += len(PIECE)
