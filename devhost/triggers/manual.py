"""Runs a function by hand: what POST /admin/functions/{name} asks for."""

import asyncio

from azure.core.exceptions import AzureError

from devhost import console
from devhost.app.connection import Connections
from devhost.app.metadata import Function
from devhost.dispatch.call import Call
from devhost.dispatch.invocation import Invoker
from devhost.triggers.blob_call import blob_call
from devhost.triggers.queue_trigger import manual_call
from devhost.triggers.timer import timer_call

REASON = "This function was programmatically called via the host APIs."


async def run_by_hand(
    function: Function, text: str, connections: Connections, invoker: Invoker
) -> None:
    """Runs it once; `text` is a queue message's body or a blob's path, ignored for a timer."""
    try:
        call = await _call(function, text, connections)
    except (AzureError, ValueError) as error:
        reason = str(error).splitlines()[0]
        console.log(f"'Functions.{function.name}' cannot be run with '{text}': {reason}")
        return
    await invoker.run(call)


async def _call(function: Function, text: str, connections: Connections) -> Call:
    if function.trigger.type == "queueTrigger":
        return manual_call(function, text, REASON)
    if function.trigger.type == "timerTrigger":
        return timer_call(function, None, REASON)
    container, _, name = text.partition("/")
    if not name:
        raise ValueError("a blob's path is container/name")
    blob = connections.blobs(function.trigger.connection).get_blob_client(container, name)
    properties = await asyncio.to_thread(blob.get_blob_properties)
    return blob_call(function, blob, properties, REASON)
