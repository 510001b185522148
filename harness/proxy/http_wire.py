"""HTTP/1.1 as it goes over the wire: heads taken apart, bodies passed on piece by piece."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Iterator

LOOPBACK = "127.0.0.1"
HEAD_LIMIT_BYTES = 1024 * 1024
PIECE_BYTES = 256 * 1024
BODYLESS = frozenset((204, 304))


@contextlib.contextmanager
def loop_in_a_thread() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that runs beside the program until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        asyncio.run_coroutine_threadsafe(_end_all_tasks(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end_all_tasks() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for each in others:
        each.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def parsed(head: bytes) -> tuple[str, dict[str, str]]:
    """The first line and the headers, their names in lower case."""
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return first, {name.strip().lower(): value.strip() for name, _, value in pairs}


async def read_head(source: asyncio.StreamReader) -> bytes:
    """The bytes up to and with the empty line; raises IncompleteReadError at the end."""
    return await source.readuntil(b"\r\n\r\n")


async def body_pieces(
    headers: dict[str, str], source: asyncio.StreamReader
) -> AsyncGenerator[bytes]:
    """The body as it came, the framing of chunks included; never more than a piece in memory."""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        size = 1
        while size:
            line = await source.readuntil(b"\r\n")
            size = int(line.split(b";")[0], 16)
            yield line + await source.readexactly(size + 2)
        return
    left = int(headers.get("content-length", "0"))
    while left:
        piece = await source.read(min(left, PIECE_BYTES))
        if not piece:
            raise asyncio.IncompleteReadError(b"", left)
        left -= len(piece)
        yield piece


async def pass_body(
    headers: dict[str, str], source: asyncio.StreamReader, target: asyncio.StreamWriter
) -> None:
    """Passes a body on, no faster than it is taken."""
    async for piece in body_pieces(headers, source):
        target.write(piece)
        await target.drain()
    await target.drain()
