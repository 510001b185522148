"""An SFTP server in memory: slow, full, and with connections that end amid a file."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Self

from errors.deliveries import DeliveryUnreachableError
from harness.chaos.simulation.scheduler import Killed
from harness.chaos.simulation.wire import Wire

# Simulated results are tiny. Requests of a connection that is cut may be lost, or come late.
REQUEST_BYTES, UNANSWERED_BYTES, NOT_TRUSTED_BYTES = 8, 32, 24
PIECE_BYTES = 32  # of what storage is asked for


@dataclass(frozen=True, slots=True)
class Rates:
    """How often what happens to one call."""

    cut: float = 0.0
    full: float = 0.0
    kill: float = 0.0  # the sender dies
    slow_s: float = 0.05


@dataclass(slots=True)
class FarServer:
    """Its files outlive connections and processes."""

    wire: Wire
    chance: random.Random
    rates: Rates
    files: dict[str, bytearray] = field(default_factory=dict)
    on_renamed: Callable[[str], None] = lambda path: None

    @contextmanager
    def session(self, _server: object) -> Iterator["Connection"]:
        """Stands in for integrations.sftp_session.session."""
        connection = Connection(self)
        connection.call()
        try:
            yield connection
        finally:
            connection.close()

    def happens(self, rate: float) -> bool:
        """Never once all is calm."""
        return not self.wire.weather.is_calm and self.chance.random() < rate


class Connection:
    """One client, and what it wrote that the server has not taken yet."""

    def __init__(self, server: FarServer) -> None:
        self._server = server
        self._pending: list[tuple[bytearray, int, bytes]] = []

    def call(self) -> None:
        """The time that it takes, and what may happen meanwhile."""
        server = self._server
        server.wire.scheduler.sleep(server.rates.slow_s * server.chance.random())
        if server.happens(server.rates.kill):
            actor = server.wire.scheduler.current
            assert actor is not None
            self.close()
            server.wire.kill(actor.process.name)
            raise Killed
        if server.happens(server.rates.cut):
            self.close()
            raise DeliveryUnreachableError

    def close(self) -> None:
        """Of what was not answered, some is lost."""
        kept = [each for each in self._pending if self._server.chance.random() < 0.5]
        self._pending = kept
        self.settle()

    def settle(self) -> None:
        """All that was sent stands in its file, whatever that is called by now."""
        for content, at, data in self._pending:
            content.extend(bytes(max(0, at - len(content))))
            content[at : at + len(data)] = data
        self._pending = []

    def write(self, content: bytearray, at: int, data: bytes) -> None:
        """Sent, and perhaps not taken yet."""
        self._pending.append((content, at, data))

    def stat(self, path: str) -> SimpleNamespace:
        self.call()
        return SimpleNamespace(st_size=len(self._stored(path)))

    def mkdir(self, path: str) -> None:
        self.call()
        self._server.files.setdefault(path, bytearray())

    def remove(self, path: str) -> None:
        self.call()
        self._stored(path)
        del self._server.files[path]

    def open(self, path: str, mode: str) -> "File":
        self.call()
        if mode == "xb":
            if path in self._server.files:
                raise FileExistsError(path)
            self._server.files[path] = bytearray()
        return File(self, self._stored(path))

    def posix_rename(self, source: str, target: str) -> None:
        self.call()
        self._stored(source)
        self._server.files[target] = self._server.files.pop(source)
        self._server.on_renamed(target)

    rename = posix_rename

    def request_bytes(self) -> int:
        self.call()
        return REQUEST_BYTES

    def refuse_if_full(self) -> None:
        server = self._server
        if server.happens(server.rates.full):
            raise OSError("No space left on device")

    def _stored(self, path: str) -> bytearray:
        try:
            return self._server.files[path]
        except KeyError:
            raise FileNotFoundError(path) from None


class File:
    """One that was opened."""

    MAX_REQUEST_SIZE = REQUEST_BYTES

    def __init__(self, connection: Connection, content: bytearray) -> None:
        self._connection, self._content = connection, content
        self._at = 0
        self._is_pipelined = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def seek(self, at: int) -> None:
        self._at = at

    def set_pipelined(self, pipelined: bool) -> None:
        self._is_pipelined = pipelined

    def write(self, data: bytes) -> None:
        self._connection.call()
        self._connection.write(self._content, self._at, bytes(data))
        self._at += len(data)
        if not self._is_pipelined:
            self._connection.refuse_if_full()
            self._connection.settle()

    def close(self) -> None:
        self._connection.settle()
