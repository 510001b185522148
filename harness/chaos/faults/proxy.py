"""Stands between a program and Azurite, and does to chosen calls what networks and servers do."""

import asyncio
import contextlib
import socket
from collections.abc import Coroutine, Iterable, Iterator
from typing import Any

from devhost.azurite import Ports, connection_string
from harness.chaos.faults.exchange import Exchange, Outage, reset
from harness.chaos.faults.ledger import Ledger
from harness.chaos.faults.repetition import Repeater
from harness.chaos.faults.rule import Forecast, Rule
from harness.proxy.http_wire import HEAD_LIMIT_BYTES, LOOPBACK, loop_in_a_thread

LIMIT_S = 10.0


class Proxy:
    """One way to the three services; signatures stay valid, since the address is not signed."""

    def __init__(self, azurite: Ports, forecast: Forecast) -> None:
        self._azurite = {"blob": azurite.blob, "queue": azurite.queue, "table": azurite.table}
        self._forecast = forecast
        self._servers: dict[str, asyncio.Server] = {}
        self._ports: dict[str, int] = {}
        self._held: list[socket.socket] = []
        self._connections: set[asyncio.StreamWriter] = set()
        self._outage = Outage()
        self._loop = asyncio.get_running_loop()
        self.ledger = Ledger()
        self.repeater = Repeater()

    @property
    def storage(self) -> str:
        """The connection string that leads through here."""
        return connection_string(Ports(**self._ports))

    def change(self, rules: Iterable[Rule]) -> None:
        """Other rules from the next call on."""
        self._forecast.change(rules)

    def begin_outage(self, kind: str = "reset") -> None:
        """From now on no call is done: each is reset (and counted), or connections are refused.

        Calls under way are cut off, too; they may have been done or not.
        """
        self._wait_for(self._begin_outage(kind))

    def end_outage(self) -> None:
        """Storage is there again; harmless when it was."""
        self._wait_for(self._end_outage())

    async def start(self) -> None:
        """Listens, on free ports the first time and on the same ones ever after."""
        for service in self._azurite:
            self._servers[service] = await asyncio.start_server(
                self._handler(service),
                LOOPBACK,
                self._ports.get(service, 0),
                limit=HEAD_LIMIT_BYTES,
            )
            self._ports[service] = self._servers[service].sockets[0].getsockname()[1]

    def close(self) -> None:
        """Ends all connections."""
        for server in self._servers.values():
            server.close()
        for each in self._held:
            each.close()
        self._cut_off()

    def _wait_for(self, change: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(change, self._loop).result(LIMIT_S)

    async def _begin_outage(self, kind: str) -> None:
        self._outage.is_on = True
        if kind == "refuse" and not self._held:
            for server in self._servers.values():
                server.close()
            self._held = [_held(port) for port in self._ports.values()]
        self._cut_off()

    async def _end_outage(self) -> None:
        self._outage.is_on = False
        if self._held:
            for each in self._held:
                each.close()
            self._held = []
            await self.start()

    def _cut_off(self) -> None:
        for each in list(self._connections):
            reset(each)

    def _handler(self, service: str) -> Any:
        async def serve(client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
            self._connections.add(answer)
            exchange = Exchange(
                service,
                self._azurite[service],
                self._forecast,
                self._outage,
                self.ledger,
                self.repeater,
            )
            try:
                await exchange.serve(client, answer)
            finally:
                self._connections.discard(answer)
                answer.close()

        return serve


@contextlib.contextmanager
def proxy(azurite: Ports, rules: Iterable[Rule] = (), seed: int = 0) -> Iterator[Proxy]:
    """A proxy in a thread of its own, until the block ends."""
    with loop_in_a_thread() as loop:

        async def make() -> Proxy:
            made = Proxy(azurite, Forecast(rules, seed))
            await made.start()
            return made

        made = asyncio.run_coroutine_threadsafe(make(), loop).result(LIMIT_S)
        try:
            yield made
        finally:
            loop.call_soon_threadsafe(made.close)


def _held(port: int) -> socket.socket:
    """The port, bound so that nobody takes it, with nobody listening: connections are refused."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind((LOOPBACK, port))
    return holder
