"""Writes what a successful function put into its output bindings: queue messages and blobs."""

import asyncio
import base64
import contextlib
import json
from collections.abc import Callable, Mapping

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient

from devhost.blob_path import fill
from devhost.connection import Connections
from devhost.datum import Datum, texts
from devhost.metadata import Binding, Function


class OutputFailure(Exception):
    """An output could not be written; the invocation fails."""


class OutputWriter:
    """Writes outputs and wakes the queue listeners that wait for them."""

    def __init__(
        self,
        connections: Connections,
        *,
        is_base64: bool,
        wake: Callable[[str, str], None],
    ) -> None:
        self._connections = connections
        self._is_base64 = is_base64
        # Called with the connection and the queue's name after each message.
        self._wake = wake

    async def write(
        self, function: Function, values: Mapping[str, Datum], metadata: Mapping[str, Datum]
    ) -> None:
        """Writes the values of the function's output bindings, by name; raises OutputFailure."""
        for binding in function.outputs:
            value = values.get(binding.name)
            if value is None:
                continue
            try:
                await asyncio.to_thread(self._write_one, binding, value, texts(metadata))
            except (AzureError, ValueError, KeyError) as error:
                raise OutputFailure(f"Output '{binding.name}': {error!r}") from error
            if binding.type == "queue":
                self._wake(binding.connection, binding.text("queueName").lower())

    def _write_one(self, binding: Binding, value: Datum, texts: Mapping[str, str]) -> None:
        if binding.type == "queue":
            name = fill(binding.text("queueName"), texts).lower()
            queue = self._connections.queues(binding.connection).get_queue_client(name)
            for body in queue_bodies(value):
                text = base64.b64encode(body).decode() if self._is_base64 else body.decode()
                send_creating(queue, text)
            return
        container, _, name = fill(binding.text("path"), texts).partition("/")
        blobs = self._connections.blobs(binding.connection)
        with contextlib.suppress(ResourceExistsError):
            blobs.create_container(container)
        data = value.value.encode() if isinstance(value.value, str) else value.value
        blobs.get_blob_client(container, name).upload_blob(data, overwrite=True)


def queue_bodies(value: Datum) -> list[bytes]:
    """The message bodies that the host makes of one output value.

    Bytes are taken as they are. Text that holds a JSON array becomes one message per element, an
    object is written again with indents; other text is taken as it is.
    """
    if isinstance(value.value, bytes):
        return [value.value]
    try:
        parsed = json.loads(value.value)
    except ValueError:
        return [value.value.encode()]
    if isinstance(parsed, list):
        return [_element(each) for each in parsed]
    return [_element(parsed)] if isinstance(parsed, dict) else [value.value.encode()]


def send_creating(queue: QueueClient, text: str) -> None:
    """Sends a message as it is, creating the queue when there is none."""
    try:
        queue.send_message(text)
    except ResourceNotFoundError:
        with contextlib.suppress(ResourceExistsError):
            queue.create_queue()
        queue.send_message(text)


def _element(value: object) -> bytes:
    return (value if isinstance(value, str) else json.dumps(value, indent=2)).encode()
