"""Passes requests to the worker's own server and its responses back, streaming both ways."""

import asyncio
import re
from dataclasses import dataclass

import h11

from devhost import background
from devhost.app.metadata import Function
from devhost.datum import Datum
from devhost.dispatch.call import Call
from devhost.dispatch.invocation import Invoker
from devhost.dispatch.supervision import Supervisor
from devhost.failure import WorkerLost
from devhost.http.asgi import ClientGone, Request, Response, Send
from devhost.http.exchange import ConnectionBroken, Exchange
from devhost.ipc import INVOCATION_HEADER

# A failed invocation's response follows at once, if it comes at all.
LAST_RESPONSE_S = 5.0
HOP_BY_HOP = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        # Answered by our own server already.
        "expect",
    )
)
# Our own server writes these.
SERVER_HEADERS = frozenset(("date", "server"))
NOT_IN_A_TARGET = re.compile(rb"[^\x21-\x7e]")


REASON = "This function was programmatically called via the host APIs."


def http_call(function: Function, request: Request, route_values: dict[str, str]) -> Call:
    """The invocation for a request, which itself goes to the worker's own server."""
    metadata = {name: Datum("string", text) for name, text in route_values.items()}
    return Call(function, REASON, None, metadata, trace_parent=request.header("traceparent"))


class StreamingProxy:
    """Runs HTTP functions of an app that uses the HTTP-streams extension."""

    def __init__(self, supervisor: Supervisor, invoker: Invoker) -> None:
        self._supervisor = supervisor
        self._invoker = invoker

    async def run(self, call: Call, request: Request, send: Send) -> None:
        """Runs the function with the request, and sends its response to the client."""
        # It goes on when the client leaves.
        invocation = background.start(self._invoker.run(call))
        outgoing = _Outgoing(request, call.invocation_id)
        exchange = asyncio.create_task(self._exchange(outgoing, send))
        await asyncio.wait((exchange, invocation), return_when=asyncio.FIRST_COMPLETED)
        if not exchange.done() and not invocation.result():
            await asyncio.wait((exchange,), timeout=LAST_RESPONSE_S)
        elif not exchange.done():
            await asyncio.wait((exchange,))
        if not exchange.done():
            exchange.cancel()
            await asyncio.wait((exchange,))
        await self._finish(exchange, call, send)

    async def _finish(self, exchange: asyncio.Task["_Answered"], call: Call, send: Send) -> None:
        if exchange.cancelled():
            await Response(500).send(send)
            return
        error = exchange.exception()
        if error is None:
            return
        self._invoker.abandon(call)
        if isinstance(error, ClientGone):
            return
        if isinstance(error, BrokenResponse):
            # The status is sent: only a broken connection can still tell the client.
            raise error
        is_gone = isinstance(error, ConnectionBroken | TimeoutError)
        await Response(502 if is_gone else 500).send(send)

    async def _exchange(self, outgoing: "_Outgoing", send: Send) -> "_Answered":
        worker = await self._supervisor.worker()
        if worker.http_url is None:
            raise WorkerLost("The worker has no server for HTTP functions.")
        async with Exchange.with_worker(worker.http_url) as exchange:
            await exchange.send(outgoing.head())
            sending = asyncio.create_task(_send_body(exchange, outgoing.request))
            try:
                response = await _unless_ended(exchange, sending)
                await self._pass_on(response, exchange, sending, send)
            finally:
                sending.cancel()
        return _Answered()

    async def _pass_on(
        self, response: h11.Response, exchange: Exchange, gone: asyncio.Task[None], send: Send
    ) -> None:
        headers = [
            (name, value)
            for name, value in response.headers
            if name.decode() not in HOP_BY_HOP | SERVER_HEADERS
        ]
        await send(
            {
                "type": "http.response.start",
                "status": response.status_code,
                "headers": headers,
            }
        )
        try:
            async for chunk in exchange.body():
                if gone.done():
                    raise ClientGone
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except (ConnectionBroken, TimeoutError) as error:
            raise BrokenResponse("The worker ended in the middle of a response.") from error
        await send({"type": "http.response.body", "body": b""})


@dataclass(frozen=True, slots=True)
class _Answered:
    """The client has its response."""


class BrokenResponse(Exception):
    """The response ended before its end."""


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """The request as it goes to the worker."""

    request: Request
    invocation_id: str

    def head(self) -> h11.Request:
        request = self.request
        target = request.raw_path + (f"?{request.query}" if request.query else "")
        return h11.Request(
            method=request.method,
            target=NOT_IN_A_TARGET.sub(
                lambda found: b"%%%02X" % found[0][0], target.encode("latin-1")
            ),
            headers=self._headers(),
        )

    def _headers(self) -> list[tuple[bytes, bytes]]:
        request = self.request
        headers = [
            (name, value)
            for name, value in request.raw_headers
            if name not in HOP_BY_HOP and name != INVOCATION_HEADER
        ]
        before_us = request.header("x-forwarded-for")
        came_from = request.client_address
        forwarded = {
            "x-forwarded-for": f"{before_us}, {came_from}" if before_us else came_from,
            "x-forwarded-host": request.header("x-forwarded-host") or request.header("host"),
            "x-forwarded-proto": request.header("x-forwarded-proto") or "http",
        }
        kept = [(name, value) for name, value in headers if name not in forwarded]
        sent = [*kept, *forwarded.items(), (INVOCATION_HEADER, self.invocation_id)]
        if request.has_body and request.content_length is None:
            sent.append(("transfer-encoding", "chunked"))
        # As bytes, or a letter beyond ASCII would be refused here instead of answered by the app.
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent]


async def _unless_ended(exchange: Exchange, sending: asyncio.Task[None]) -> h11.Response:
    """The head of the response; raises what ended the client's side before it came."""
    reading = asyncio.create_task(exchange.response())
    await asyncio.wait((reading, sending), return_when=asyncio.FIRST_COMPLETED)
    if reading.done():
        return reading.result()
    reading.cancel()
    sending.result()
    raise ClientGone


async def _send_body(exchange: Exchange, request: Request) -> None:
    """Passes the body on, then waits for the client to leave; raises what Request.chunks() does."""
    if request.has_body:
        async for chunk in request.chunks():
            await exchange.send(h11.Data(data=chunk))
    await exchange.send(h11.EndOfMessage())
    while (await request.receive())["type"] != "http.disconnect":
        pass
