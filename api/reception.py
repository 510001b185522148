"""One file on its way from a form to storage: recognized, limited, passed on in blocks."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from api.block_sink import BlockSink
from api.form_reader import FormReader
from errors import EmptyFileError, LimitSizeError
from errors.requests import BadFormError
from jobs.caller import Caller
from jobs.contract import Terms
from lifecycle.ingest import (
    HEAD_BYTES,
    Arrival,
    SentForm,
    read_fields,
    recognize,
    stage_block,
)

# Calls a verb with the services and the arguments, in a thread.
Call = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Received:
    """A file whose blocks are all stored, and can be committed."""

    arrival: Arrival
    form: SentForm
    blocks: int


class Reception:
    """Takes the body of a request; every method raises what the form or the file is refused for."""

    def __init__(self, call: Call, caller: Caller, terms: Terms, reader: FormReader) -> None:
        self.terms = terms
        self._call = call
        self._caller = caller
        self._reader = reader
        self._head = b""
        self._size_bytes = 0
        self._arrival: Arrival | None = None
        self._sink: BlockSink | None = None

    async def take(self, chunk: bytes) -> None:
        """The next piece of the body; waits while enough blocks are on their way."""
        for piece in self._reader.feed(chunk):
            self._size_bytes += len(piece)
            if self._sink is None:
                self._head += piece
                if len(self._head) >= HEAD_BYTES:
                    await self._open()
            else:
                self._refuse_by_size()
                await self._sink.add(piece)

    async def end(self) -> Received:
        """The body is over; returns once every block is stored."""
        self._reader.end()
        if not self._size_bytes:
            raise EmptyFileError
        if self._sink is None:
            await self._open()
        form = await self._call(read_fields, self.terms, self._reader.fields)
        if self._arrival is None or self._sink is None:
            raise BadFormError
        return Received(self._arrival, form, await self._sink.close())

    async def abandon(self) -> None:
        """Lets go of what is on its way; harmless at the end."""
        if self._sink:
            await self._sink.abandon()

    async def _open(self) -> None:
        """By its head the file has a name and a limit."""
        self._arrival = await self._call(recognize, self._caller, self.terms, self._head)
        self._sink = BlockSink(partial(self._call, stage_block, self._arrival))
        self._refuse_by_size()
        await self._sink.add(self._head)

    def _refuse_by_size(self) -> None:
        if self._arrival and self._size_bytes > self._arrival.limit_bytes:
            raise LimitSizeError(f"At most {self._arrival.limit_bytes} bytes are accepted.")
