"""One connection: each call is passed on to Azurite whole, or meets its fault on the way."""

import asyncio
import contextlib
import socket
import struct
import time
import urllib.parse
from dataclasses import dataclass

from devhost.azurite import ACCOUNT
from harness.chaos.faults.answers import refusal
from harness.chaos.faults.ledger import Ledger
from harness.chaos.faults.repetition import Repeater
from harness.chaos.faults.rule import (
    BEFORE,
    DELAY,
    DRIP,
    REPEAT,
    RESET,
    STATUSES,
    TRUNCATE,
    Call,
    Forecast,
    Rule,
)
from harness.proxy.counting import named
from harness.proxy.http_wire import (
    BODYLESS,
    HEAD_LIMIT_BYTES,
    LOOPBACK,
    body_pieces,
    parsed,
    pass_body,
    read_head,
)

# Azurite closes connections after five idle seconds: ours are not used again when they are nearly
# that old, or calls would fail that nobody meant to fail.
FRESH_S = 2.0
DRIPS_PER_S = 10


class Broken(Exception):
    """The connection to the client was reset, as the fault wanted."""


@dataclass(slots=True)
class Outage:
    """Whether storage is gone, for all connections."""

    is_on: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of Azurite's answer; the body is still to be read."""

    head: bytes
    headers: dict[str, str]
    status: int
    source: asyncio.StreamReader


@dataclass(slots=True)
class Exchange:
    """Serves one client connection; the one to Azurite is made anew when it is old."""

    service: str
    port: int  # of Azurite
    forecast: Forecast
    outage: Outage
    ledger: Ledger
    repeater: Repeater
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None
    used_at_s: float = 0.0

    async def serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """One call after the other, until either side has enough."""
        try:
            while True:
                await self._one(client, to_client)
        except Broken:
            reset(to_client)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # either side has closed, or all is over
        finally:
            self._hang_up()

    async def _one(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        head = await read_head(client)
        call, headers = call_of(self.service, head)
        rule = None if self.outage.is_on else self.forecast.fault_of(call)
        self.ledger.note(call, "outage" if self.outage.is_on else rule.name if rule else None)
        if self.outage.is_on:
            raise Broken
        if rule and rule.phase == BEFORE:
            await _wait_or_break(rule)
            if rule.fault in STATUSES:
                await _discard(headers, client)
                to_client.write(refusal(call, rule))
                return await to_client.drain()
            rule = None
        if rule and rule.fault == REPEAT:
            client = await self._repeated(head, headers, client, rule)
            rule = None
        answer = await self._asked(head, headers, client, to_client)
        if rule:
            await self._after(call, rule, answer, to_client)
        else:
            to_client.write(answer.head)
            await _pass_answer(call, answer, to_client)
        self.used_at_s = time.monotonic()
        return None

    async def _repeated(
        self, head: bytes, headers: dict[str, str], client: asyncio.StreamReader, rule: Rule
    ) -> asyncio.StreamReader:
        """Has the call done again later; returns where its body is now to be read."""
        body = b"".join([piece async for piece in body_pieces(headers, client)])
        self.repeater.repeat(self.port, head + body, self.forecast.repetitions(rule))
        held = asyncio.StreamReader()
        held.feed_data(body)
        held.feed_eof()
        return held

    async def _asked(
        self,
        head: bytes,
        headers: dict[str, str],
        client: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
    ) -> Answer:
        """Passes the whole call on; returns when Azurite begins to answer."""
        reader, writer = await self._azurite()
        writer.write(head)
        await pass_body(headers, client, writer)
        while True:
            answer = await read_head(reader)
            first, answer_headers = parsed(answer)
            status = int(first.split(" ", 2)[1])
            if status != 100:
                return Answer(answer, answer_headers, status, reader)
            to_client.write(answer)  # "go on", if the client asked whether it may send

    async def _after(
        self, call: Call, rule: Rule, answer: Answer, to_client: asyncio.StreamWriter
    ) -> None:
        if answer.status < 400 and rule.fault not in (DELAY, DRIP):
            self.ledger.note_applied(rule.name)
        if rule.fault == TRUNCATE:
            await _cut(call, answer, to_client)
        elif rule.fault == DRIP:
            await _drip(call, answer, to_client, rule.bytes_per_s)
        elif rule.fault == DELAY:
            await asyncio.sleep(rule.seconds)
            to_client.write(answer.head)
            await _pass_answer(call, answer, to_client)
        else:
            if _has_body(call, answer):
                await _discard(answer.headers, answer.source)
            await _wait_or_break(rule)
            to_client.write(refusal(call, rule))
            await to_client.drain()

    async def _azurite(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        is_old = time.monotonic() - self.used_at_s > FRESH_S
        if self.reader is None or self.writer is None or is_old or self.reader.at_eof():
            self._hang_up()
            self.reader, self.writer = await asyncio.open_connection(
                LOOPBACK, self.port, limit=HEAD_LIMIT_BYTES
            )
        return self.reader, self.writer

    def _hang_up(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


def call_of(service: str, head: bytes) -> tuple[Call, dict[str, str]]:
    """The call that a head announces, and its headers."""
    first, headers = parsed(head)
    method, target, _ = first.split(" ", 2)
    path = urllib.parse.unquote(urllib.parse.urlsplit(target).path)
    inside = path.removeprefix(f"/{ACCOUNT}").strip("/")
    operation = named(service, method, target, headers, 0).operation
    return Call(service, method, inside, operation), headers


def reset(connection: asyncio.StreamWriter) -> None:
    """Ends the connection with a RST, as a machine does that knows nothing of it."""
    with contextlib.suppress(OSError):
        linger = struct.pack("ii", 1, 0)
        connection.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.transport.abort()


async def _wait_or_break(rule: Rule) -> None:
    if rule.fault == RESET:
        raise Broken
    if rule.fault == DELAY:
        await asyncio.sleep(rule.seconds)


async def _discard(headers: dict[str, str], source: asyncio.StreamReader) -> None:
    async for _ in body_pieces(headers, source):
        pass


def _has_body(call: Call, answer: Answer) -> bool:
    return call.method != "HEAD" and answer.status not in BODYLESS


async def _pass_answer(call: Call, answer: Answer, to_client: asyncio.StreamWriter) -> None:
    if _has_body(call, answer):
        await pass_body(answer.headers, answer.source, to_client)
    await to_client.drain()


async def _cut(call: Call, answer: Answer, to_client: asyncio.StreamWriter) -> None:
    """The head and the first half of the body, or nothing where there is no body; then the end.

    A head comes whole or not at all, as over TLS: Python would take half of one for a whole one.
    """
    pieces = body_pieces(answer.headers, answer.source) if _has_body(call, answer) else None
    first = await anext(pieces, b"") if pieces else b""
    if pieces:
        await pieces.aclose()
    if first:
        to_client.write(answer.head + first[: len(first) // 2])
    await to_client.drain()
    raise ConnectionAbortedError


async def _drip(
    call: Call, answer: Answer, to_client: asyncio.StreamWriter, bytes_per_s: int
) -> None:
    to_client.write(answer.head)
    if _has_body(call, answer):
        drop = max(1, bytes_per_s // DRIPS_PER_S)
        async for piece in body_pieces(answer.headers, answer.source):
            for start in range(0, len(piece), drop):
                to_client.write(piece[start : start + drop])
                await to_client.drain()
                await asyncio.sleep(1 / DRIPS_PER_S)
    await to_client.drain()
