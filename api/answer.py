"""One request of the host, and the response to it: finished, or as a stream."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Message

from api.problem import log

# Those are sent on as they are made; of all others the host sees one finished answer.
STREAMED_TYPES = (b"text/event-stream",)
# Messages on their way: a client that reads slowly slows its stream down, and no memory fills.
MOST_WAITING = 4


async def answer(api: FastAPI, request: Request) -> Response:
    """Runs one request through the application and returns its response.

    The request's body is streamed. The response is gathered first, unless it is a stream of events:
    that is returned as soon as it begins, and ends the request when its client leaves.
    """
    messages: asyncio.Queue[Message | None] = asyncio.Queue(MOST_WAITING)
    task = asyncio.ensure_future(_run(api, request, messages))
    try:
        begin = await messages.get()
    except asyncio.CancelledError:
        task.cancel()
        raise
    if begin is None:
        await task  # raises what nobody has answered
        raise RuntimeError("the application answered nothing")
    if dict(begin["headers"]).get(b"content-type", b"").startswith(STREAMED_TYPES):
        return _with_headers(StreamingResponse(_bodies(messages, task), begin["status"]), begin)
    content = b"".join([each async for each in _bodies(messages, task)])
    return _with_headers(Response(content, begin["status"]), begin)


async def _run(api: FastAPI, request: Request, messages: "asyncio.Queue[Message | None]") -> None:
    """Puts each message of the response into the queue, and None behind the last.

    Cancelled, it puts nothing more: nobody takes anything out any longer.
    """
    has_begun, unanswered = False, None

    async def send(message: Message) -> None:
        nonlocal has_begun
        has_begun = True
        await messages.put(message)

    try:
        await api(dict(request.scope), request.receive, send)
    except Exception as error:  # noqa: BLE001 -- who waits for the response must hear of it
        # The application has answered 500 already and raises again for the server's log.
        if has_begun:
            log.exception("a request to %s failed", request.url.path)
        else:
            unanswered = error
    await messages.put(None)
    if unanswered:
        raise unanswered


async def _bodies(
    messages: "asyncio.Queue[Message | None]", task: "asyncio.Task[None]"
) -> AsyncIterator[bytes]:
    try:
        while (message := await messages.get()) is not None:
            yield message.get("body", b"")
    finally:
        task.cancel()  # harmless at the end


def _with_headers(response: Response, begin: Message) -> Response:
    headers: list[Any] = list(begin["headers"])
    response.raw_headers = headers
    return response
