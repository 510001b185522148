"""Gathers what comes into blocks; two are on their way to storage at most, so memory stays flat."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

BLOCK_BYTES = 4 * 1024 * 1024
MOST_ON_THEIR_WAY = 2


class BlockSink:
    """Passes on blocks of BLOCK_BYTES and a little more; the last one may be of any size."""

    def __init__(self, send: Callable[[int, bytes], Awaitable[None]]) -> None:
        self._send = send  # gets the number of a block, from 0, and its bytes
        self._gathered: list[bytes] = []
        self._gathered_bytes = 0
        self._sent = 0
        self._on_their_way: deque[asyncio.Future[None]] = deque()

    async def add(self, piece: bytes) -> None:
        """Takes some bytes, and waits while two blocks are still on their way.

        Raises what sending one of them raised.
        """
        self._gathered.append(piece)
        self._gathered_bytes += len(piece)
        if self._gathered_bytes >= BLOCK_BYTES:
            await self._flush()

    async def close(self) -> int:
        """Sends what is left, and returns the number of blocks once all of them are stored."""
        if self._gathered:
            await self._flush()
        while self._on_their_way:
            await self._on_their_way.popleft()
        return self._sent

    async def abandon(self) -> None:
        """Waits for what is on its way, whatever becomes of it; nothing more is sent."""
        self._gathered.clear()
        await asyncio.gather(*self._on_their_way, return_exceptions=True)
        self._on_their_way.clear()

    async def _flush(self) -> None:
        while len(self._on_their_way) >= MOST_ON_THEIR_WAY:
            await self._on_their_way.popleft()
        block, number = b"".join(self._gathered), self._sent
        self._gathered.clear()
        self._gathered_bytes = 0
        self._sent += 1
        self._on_their_way.append(asyncio.ensure_future(self._send(number, block)))
