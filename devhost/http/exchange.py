"""One request to the worker's own server: its body and the response go at the same time.

As in the genuine host, an answer does not wait for the end of the body, and a worker that has heard
enough is not sent the rest.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import h11

# YARP's activity timeout in the genuine host.
ACTIVITY_TIMEOUT_S = 240.0
CONNECT_LIMIT_S = 5.0
PIECE_BYTES = 65536
LONGEST_HEAD_BYTES = 256 * 1024


class ConnectionBroken(Exception):
    """The worker's server is not there, ended in the middle, or spoke no HTTP."""


class Exchange:
    """One connection, for one request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=LONGEST_HEAD_BYTES)
        self._active_at = asyncio.get_running_loop().time()

    @classmethod
    @asynccontextmanager
    async def with_worker(cls, url: str) -> AsyncIterator["Exchange"]:
        """A connection to the server at that address; raises ConnectionBroken without one."""
        place = urlsplit(url)
        try:
            async with asyncio.timeout(CONNECT_LIMIT_S):
                reader, writer = await asyncio.open_connection(place.hostname, place.port)
        except OSError as error:
            raise ConnectionBroken from error
        try:
            yield cls(reader, writer)
        finally:
            writer.close()

    async def send(self, event: h11.Event) -> None:
        """A part of the request; nothing once the worker reads no more: it may have answered."""
        with suppress(ConnectionError):
            self._writer.write(self._http.send(event) or b"")
            await self._writer.drain()
        self._active_at = asyncio.get_running_loop().time()

    async def response(self) -> h11.Response:
        """The head of the response; raises ConnectionBroken when there is none."""
        while True:
            event = await self._next()
            if isinstance(event, h11.Response):
                return event

    async def body(self) -> AsyncIterator[bytes]:
        """The body of the response; raises ConnectionBroken when it ends before its end."""
        while not isinstance(event := await self._next(), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                yield bytes(event.data)

    async def _next(self) -> object:
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                self._http.receive_data(await self._read())
        except (OSError, h11.RemoteProtocolError) as error:
            raise ConnectionBroken from error
        if isinstance(event, h11.ConnectionClosed):
            raise ConnectionBroken
        return event

    async def _read(self) -> bytes:
        """The next bytes; raises TimeoutError when neither side said anything for long."""
        loop = asyncio.get_running_loop()
        while True:
            end = self._active_at + ACTIVITY_TIMEOUT_S
            with suppress(TimeoutError):
                async with asyncio.timeout_at(end):
                    data = await self._reader.read(PIECE_BYTES)
                self._active_at = loop.time()
                return data
            if end >= self._active_at + ACTIVITY_TIMEOUT_S:
                raise TimeoutError
