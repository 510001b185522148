"""The body of a request as it comes, for as long as it comes in time."""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from errors.requests import BadFormError, InvalidRequestError, RequestTimeoutError

# Neither the server nor the extension that brings requests here has limits of its own.
SILENCE_LIMIT_S = 30.0
WHOLE_LIMIT_S = 15 * 60.0
# For all but files; a hundred upload links with their options take half of it.
SMALL_BYTES = 512 * 1024


async def chunks_in_time(request: Request) -> AsyncIterator[bytes]:
    """The body, piece by piece.

    Raises RequestTimeoutError when it stops coming, or never ends; BadFormError when the client
    leaves, who will not read that.
    """
    loop, stream = asyncio.get_running_loop(), request.stream()
    end = loop.time() + WHOLE_LIMIT_S
    while True:
        try:
            async with asyncio.timeout_at(min(end, loop.time() + SILENCE_LIMIT_S)):
                chunk = await anext(stream, None)
        except TimeoutError:
            raise RequestTimeoutError from None
        except ClientDisconnect:
            raise BadFormError("The client left before the end of the form.") from None
        if chunk is None:
            return
        yield chunk


async def small_body(request: Request, most_bytes: int = SMALL_BYTES) -> bytes:
    """The whole body; raises InvalidRequestError for a larger one, as soon as it is."""
    body = bytearray()
    async for chunk in chunks_in_time(request):
        body += chunk
        if len(body) > most_bytes:
            raise InvalidRequestError("The body of the request is too large.")
    return bytes(body)
