"""Receives a form with a file and makes its job: what can be refused unread, is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from starlette.requests import Request

from api.body import chunks_in_time
from api.form_reader import FormReader
from api.reception import Reception
from errors import LimitSizeError
from errors.requests import TooManyRequestsError
from jobs.caller import Caller
from jobs.contract import MOST_BESIDE_FILE_BYTES, Terms
from jobs.keyed_request import KeyedRequest, keyed_request
from lifecycle.ingest import largest_bytes, store_upload
from lifecycle.keyed_request import (
    begin_request,
    note_upload,
    release_request,
    renew_request,
    settle_request,
)
from lifecycle.services import Services

T = TypeVar("T")

# Each holds up to twenty megabytes, whatever the size of its file.
MOST_AT_ONCE = 8
# For one more, whose body stays where it is until then.
WAIT_FOR_ROOM_S = 30.0
STORAGE_THREADS = 16


class FormDoor:
    """One for each process: what it receives at once is bounded for all contracts together."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._clock = services.clock
        self._room = asyncio.Semaphore(MOST_AT_ONCE)
        # Threads of our own, so that nobody who asks for a status waits behind files.
        self._threads = ThreadPoolExecutor(STORAGE_THREADS, thread_name_prefix="form")

    async def receive(self, request: Request, caller: Caller, terms: Terms) -> str:
        """Stores the file of a form and makes its job; returns what its sender calls it.

        With an Idempotency-Key a repetition returns the same, unread, and makes nothing. Raises
        what the form, the file or an option is refused for; nothing is stored then.
        """
        reader = FormReader(request.headers.get("content-type"))
        self._refuse_by_length(request, terms)
        keyed = await self._begin(request, caller)
        if keyed and keyed.is_answered:
            return keyed.external_id or ""
        async with self._one_more():
            reception = Reception(self._call, caller, terms, reader)
            try:
                external_id = await self._receive(request, reception, keyed)
            finally:
                await reception.abandon()
        return external_id

    async def _receive(
        self, request: Request, reception: Reception, keyed: KeyedRequest | None
    ) -> str:
        try:
            async for chunk in chunks_in_time(request):
                await reception.take(chunk)
                if keyed and keyed.is_renewal_due(self._clock()):
                    keyed = await self._call(renew_request, keyed)
            received = await reception.end()
            form = received.form
            if keyed:
                name = received.arrival.blob_name
                keyed = await self._call(note_upload, keyed, name, form.external_id)
            await self._call(store_upload, received.arrival, reception.terms, form, received.blocks)
        except BaseException:
            if keyed:
                await self._call(release_request, keyed)
            raise
        if keyed:
            await self._call(settle_request, keyed)
        return form.external_id

    def _refuse_by_length(self, request: Request, terms: Terms) -> None:
        length = request.headers.get("content-length", "")
        most = largest_bytes(self._services, terms)
        if length.isdecimal() and int(length) > most + MOST_BESIDE_FILE_BYTES:
            raise LimitSizeError(f"At most {most} bytes are accepted.")

    async def _begin(self, request: Request, caller: Caller) -> KeyedRequest | None:
        key, headers = request.headers.get("idempotency-key"), request.headers
        if not key:
            return None
        now, path = self._clock(), request.url.path.rstrip("/")
        digest = headers.get("content-length", "")
        return await self._call(begin_request, keyed_request(caller, path, key, digest, now))

    @asynccontextmanager
    async def _one_more(self) -> AsyncIterator[None]:
        """Room for one file more; raises TooManyRequestsError when there is none for long."""
        try:
            async with asyncio.timeout(WAIT_FOR_ROOM_S):
                await self._room.acquire()
        except TimeoutError:
            raise TooManyRequestsError from None
        try:
            yield
        finally:
            self._room.release()

    async def _call(self, verb: Callable[..., T], *arguments: object) -> T:
        """What the verb answers, which may ask storage and so has a thread of its own."""
        work = partial(verb, self._services, *arguments)
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
