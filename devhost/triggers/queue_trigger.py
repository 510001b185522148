"""Calls queue-triggered functions: what a message becomes on its way to the function."""

import json
from datetime import UTC, datetime
from typing import Any

from azure.storage.queue import QueueMessage

from devhost import console
from devhost.app.connection import Connections
from devhost.app.host_json import QueueSettings
from devhost.app.metadata import Function
from devhost.datum import Datum
from devhost.dispatch.call import Call
from devhost.dispatch.invocation import Invoker
from devhost.triggers.queue_listener import Delivery, Policy, QueueListener

POISON_SUFFIX = "-poison"
MAX_QUEUE_NAME_LENGTH = 63


def queue_listener(
    function: Function,
    settings: QueueSettings,
    connections: Connections,
    invoker: Invoker,
    lease_s: int,
) -> QueueListener:
    """The listener of one queue-triggered function."""
    name = function.queue_name
    service = connections.queues(function.trigger.connection)
    poison_name = name + POISON_SUFFIX
    has_poison = not name.endswith(POISON_SUFFIX) and len(poison_name) <= MAX_QUEUE_NAME_LENGTH
    policy = Policy(
        batch_size=settings.batch_size,
        new_batch_threshold=settings.new_batch_threshold,
        max_polling_interval_s=settings.max_polling_interval_s,
        visibility_timeout_s=settings.visibility_timeout_s,
        max_dequeue_count=settings.max_dequeue_count,
        is_base64=settings.is_base64,
        lease_s=lease_s,
    )

    async def handle(delivery: Delivery) -> bool:
        try:
            call = message_call(function, delivery)
        except UnicodeDecodeError:
            console.log(f"Message {delivery.message.id} of '{name}' is not UTF-8 text.")
            return False
        return await invoker.run(call)

    poison = service.get_queue_client(poison_name) if has_poison else None
    return QueueListener(
        service.get_queue_client(name), (lambda _: poison) if poison else None, policy, handle
    )


def message_call(function: Function, delivery: Delivery) -> Call:
    """The invocation for one message; raises UnicodeDecodeError when it is no text."""
    message = delivery.message
    inserted = message.inserted_on or datetime.now(UTC)
    return Call(
        function=function,
        reason=f"New queue message detected on '{function.queue_name}'.",
        value=Datum("string", delivery.body.decode()),
        metadata=merged(_metadata(message, delivery.body), delivery.body),
        details=f"MessageId: {message.id}, DequeueCount: {message.dequeue_count}, "
        f"InsertedOn: {inserted.isoformat()}",
    )


def manual_call(function: Function, text: str, reason: str) -> Call:
    """The invocation for a body that somebody typed."""
    now = datetime.now(UTC)
    message = QueueMessage(content=text)
    message.id, message.dequeue_count, message.pop_receipt = "", 0, ""
    message.inserted_on = message.expires_on = message.next_visible_on = now
    body = text.encode()
    return Call(
        function=function,
        reason=reason,
        value=Datum("string", text),
        metadata=merged(_metadata(message, body), body),
    )


def merged(metadata: dict[str, Datum], body: bytes) -> dict[str, Datum]:
    """The metadata with the body's own properties over it.

    The host does this to every body that is a JSON object, without regard to case and without
    sparing its own names: a body {"id": 1} gives the function a message whose id is "1".
    """
    try:
        content = json.loads(body)
    except ValueError:
        return metadata
    if not isinstance(content, dict):
        return metadata
    names: dict[str, str] = {name.lower(): name for name in metadata}
    for key, value in content.items():
        if value is not None and not isinstance(value, list):
            metadata[names.get(str(key).lower(), str(key))] = _property(value)
    return metadata


def _property(value: Any) -> Datum:
    if isinstance(value, dict):
        return Datum.of_json(value)
    if isinstance(value, bool):
        return Datum("string", str(value))
    return Datum("string", value if isinstance(value, str) else json.dumps(value))


def _metadata(message: QueueMessage, body: bytes) -> dict[str, Datum]:
    return {
        "QueueTrigger": Datum("string", body.decode("utf-8", "replace")),
        "Id": Datum("string", message.id),
        "PopReceipt": Datum("string", message.pop_receipt or ""),
        "DequeueCount": Datum.of_json(message.dequeue_count),
        "InsertionTime": _time(message.inserted_on),
        "ExpirationTime": _time(message.expires_on),
        "NextVisibleTime": _time(message.next_visible_on),
    }


def _time(moment: datetime | None) -> Datum:
    return Datum.of_json((moment or datetime.now(UTC)).isoformat())
