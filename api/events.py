"""GET /api/events: the news of jobs as server-sent events, for as long as somebody listens."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from api.blob_name import MOST_NAMES, given_name
from api.key import caller_who_may
from api.problem import GUARDED, problems
from api.snapshot import Snapshot
from api.status import link_fields
from errors import MediaProcessorError
from errors.requests import InvalidRequestError, MissingBlobNameError
from jobs.caller import Caller, Scope
from lifecycle.services import Services
from lifecycle.watch import LOOK_EVERY_S, Watches

# Front ends of clouds cut a connection after 230 or 240 s; the client comes back by itself.
STREAM_S = 200.0
# By a comment a client sees that the stream lives, and we see that a client has left.
COMMENT_EVERY_S = 10.0
COMMENT, AGAIN, END = b": still here\n\n", b"retry: 1000\n\n", b"event: end\ndata: {}\n\n"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
Names = Annotated[list[str] | None, Query(description="Names of blobs in uploads, 1 to 50.")]


def events_router(services: Services, watches: Watches[Snapshot]) -> APIRouter:
    """The route, guarded by a key that may read."""
    may_read = Depends(caller_who_may(services, Scope.READ))
    router = APIRouter(tags=["jobs"])

    @router.get(
        "/api/events",
        response_class=StreamingResponse,
        responses=problems(
            GUARDED
            | {
                400: "No blob_name was given, or one that no upload can have.",
                404: "There is no job for one of the names.",
                410: "One of the jobs ended, and has expired.",
                422: "More than fifty names were given.",
                429: "Too many requests wait, or the key asks too often.",
            }
        )
        | {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
    )
    async def events(
        request: Request, caller: Annotated[Caller, may_read], blob_name: Names = None
    ) -> Response:
        """The status of each job, at once and whenever it is another one, until all have ended."""
        given = dict.fromkeys(blob_name or ())
        if not given:
            raise MissingBlobNameError
        if len(given) > MOST_NAMES:
            raise InvalidRequestError(f"blob_name: at most {MOST_NAMES}")
        names = [given_name(caller, each) for each in given]
        for name in names:
            await watches.now(name)
        events = EventStream(services, watches, names, request.headers.get("last-event-id", ""))
        return StreamingResponse(events.stream(), media_type="text/event-stream", headers=HEADERS)

    return router


class EventStream:
    """What one listener is told."""

    def __init__(
        self, services: Services, watches: Watches[Snapshot], names: Sequence[str], told: str
    ) -> None:
        self._services = services
        self._watches = watches
        self._names = names
        # What the listener knows of each, in the order of the names.
        tags = told.split(".") if told.count(".") == len(names) - 1 else [""] * len(names)
        self._known = dict(zip(names, tags, strict=True))
        self._ended: set[str] = set()
        self._place = ExitStack()
        self._place.enter_context(watches.one_more())

    async def stream(self) -> AsyncIterator[bytes]:
        """The events, as they are sent; ends with the last job, after STREAM_S, or on SIGTERM."""
        with self._place:
            began_s = said_s = time.monotonic()
            while not self._watches.is_ending:
                async for event in self._events():
                    said_s = time.monotonic()
                    yield event
                if len(self._ended) == len(self._names):
                    yield END
                    return
                now_s = time.monotonic()
                if now_s - began_s >= STREAM_S:
                    break
                if now_s - said_s >= COMMENT_EVERY_S:
                    said_s = now_s
                    yield COMMENT
                await asyncio.sleep(LOOK_EVERY_S)
            yield AGAIN

    async def _events(self) -> AsyncIterator[bytes]:
        """Of those that have news."""
        for name in self._names:
            if name in self._ended:
                continue
            try:
                snapshot = await self._watches.recent(name)
            except MediaProcessorError as error:
                if error.http_status < 500:
                    self._ended.add(name)
                    yield self._event("gone", {"blob_name": name, "code": error.code})
                continue  # storage is silent for a while
            if snapshot.job.is_settled:
                self._ended.add(name)
            tag = snapshot.tag[3:-1]
            if self._known[name] != tag:
                self._known[name] = tag
                link = await self._watches.ask(partial(link_fields, self._services, snapshot.job))
                view = snapshot.view.model_copy(update=link)
                yield self._event("status", view.model_dump(mode="json"))

    def _event(self, kind: str, data: Mapping[str, Any]) -> bytes:
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        known = ".".join(self._known.values())
        return f"event: {kind}\nid: {known}\ndata: {text}\n\n".encode()
