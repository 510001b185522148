"""Carries JSON messages between host and worker over one socket, each behind its length."""

import asyncio
import json
import struct
from typing import Any

LENGTH = struct.Struct(">Q")
# Names the invocation in a request that the host passes on to the worker's own server.
INVOCATION_HEADER = "x-ms-invocation-id"


async def receive(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """The next message, or None when the other side is gone (also in the middle of a message)."""
    try:
        (size_bytes,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
        message: dict[str, Any] = json.loads(await reader.readexactly(size_bytes))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return message


def send(writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
    """Queues a message for sending; says nothing when the other side is gone."""
    body = json.dumps(message).encode()
    writer.write(LENGTH.pack(len(body)) + body)
