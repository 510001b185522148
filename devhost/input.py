"""Reads the input bindings that a function has beside its trigger: blobs."""

import asyncio
from collections.abc import Mapping

from azure.core.exceptions import AzureError, ResourceNotFoundError

from devhost.blob_content import content_datum
from devhost.blob_path import fill
from devhost.connection import Connections
from devhost.datum import Datum, texts
from devhost.metadata import Binding, Function


class InputFailure(Exception):
    """An input could not be read; the invocation fails."""


class InputReader:
    """Reads inputs from storage."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def read(self, function: Function, metadata: Mapping[str, Datum]) -> dict[str, Datum]:
        """The inputs by name; one whose blob is missing has no entry, and the function gets None.

        Raises InputFailure.
        """
        values = {}
        for binding in function.inputs:
            try:
                value = await asyncio.to_thread(self._read_one, binding, texts(metadata))
            except (AzureError, KeyError) as error:
                raise InputFailure(f"Input '{binding.name}': {error!r}") from error
            if value is not None:
                values[binding.name] = value
        return values

    def _read_one(self, binding: Binding, tokens: Mapping[str, str]) -> Datum | None:
        container, _, name = fill(binding.text("path"), tokens).partition("/")
        blob = self._connections.blobs(binding.connection).get_blob_client(container, name)
        try:
            return content_datum(binding, blob)
        except ResourceNotFoundError:
            return None
