"""Queue Storage in memory, behind as much of the SDK's QueueClient as the app uses."""

import base64
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from harness.storage.answers import exists, not_found
from harness.storage.way import Way

DAY_S = 86_400.0
NEVER_S = float("inf")


@dataclass(slots=True)
class Message:
    """One message; its receipt changes with every take and every update."""

    number: int
    body: str
    visible_at_s: float
    expires_at_s: float
    receipt: int = 0
    dequeue_count: int = 0


@dataclass(slots=True)
class Queues:
    """All queues of the account; stands in for QueueServiceClient, too.

    `on_message` is told when a message will be visible.
    """

    way: Way
    messages: dict[str, dict[int, Message]] = field(default_factory=dict)
    on_message: Callable[[str, Message], None] = lambda queue, message: None
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def client(self, name: str) -> "QueueClient":
        """What queue_client() would have made."""
        return QueueClient(self, name)

    def get_queue_client(self, name: str) -> "HostsQueueClient":
        """What the host uses, which sees the messages as they lie there."""
        return HostsQueueClient(self, name)

    def send(self, queue: str, body: str, delay_s: float, lives_s: float) -> None:
        """A new message."""
        now_s = self.way.now_s
        message = Message(next(self.numbers), body, now_s + delay_s, now_s + lives_s)
        self.messages[queue][message.number] = message
        self._note(queue, "sent", message, delay_s=delay_s, upload_etag=_upload_etag(body))
        self.on_message(queue, message)

    def take(self, queue: str, message: Message, hidden_s: float) -> int:
        """The receipt; the message is hidden for a while."""
        message.dequeue_count += 1
        self.way.who = "host"
        self._note(queue, "taken", message)
        return self._hide(queue, message, hidden_s)

    def hide(self, queue: str, message: Message, receipt: int, hidden_s: float) -> int | None:
        """The new receipt, or None when somebody else took the message meanwhile."""
        if not self._is_held(queue, message, receipt):
            return None
        return self._hide(queue, message, hidden_s)

    def delete(self, queue: str, message: Message, receipt: int) -> bool:
        """False when somebody else took the message meanwhile."""
        if not self._is_held(queue, message, receipt):
            return False
        del self.messages[queue][message.number]
        self.way.who = "host"
        self._note(queue, "deleted", message)
        return True

    def is_waiting(self, queue: str, message: Message) -> bool:
        """Whether the message is there, and visible."""
        now_s = self.way.now_s
        return (
            self.messages[queue].get(message.number) is message
            and message.visible_at_s <= now_s < message.expires_at_s
        )

    def waiting(self, queue: str) -> list[Message]:
        """Those that are visible."""
        return [each for each in self.messages[queue].values() if self.is_waiting(queue, each)]

    def count(self, queue: str) -> int:
        """Visible or not."""
        now_s = self.way.now_s
        return sum(message.expires_at_s > now_s for message in self.messages[queue].values())

    def _hide(self, queue: str, message: Message, hidden_s: float) -> int:
        message.receipt += 1
        message.visible_at_s = self.way.now_s + hidden_s
        self.on_message(queue, message)
        return message.receipt

    def _is_held(self, queue: str, message: Message, receipt: int) -> bool:
        return message.number in self.messages[queue] and message.receipt == receipt

    def _note(self, queue: str, what: str, message: Message, **facts: Any) -> None:
        self.way.note(f"message {what}", str(message.number), queue=queue, **facts)


class QueueClient:
    """One queue, as the SDK shows it."""

    def __init__(self, queues: Queues, name: str) -> None:
        self._queues, self.queue_name = queues, name

    def create_queue(self, **_: Any) -> None:
        def apply() -> None:
            if self.queue_name in self._queues.messages:
                raise exists("QueueAlreadyExists")
            self._queues.messages[self.queue_name] = {}

        self._queues.way.call("create queue", apply)

    def send_message(
        self, content: str, *, visibility_timeout: int = 0, time_to_live: int = 7 * 86_400, **_: Any
    ) -> None:
        json.loads(content)
        lives_s = NEVER_S if time_to_live == -1 else time_to_live

        def apply() -> None:
            self._existing()
            self._queues.send(self.queue_name, content, visibility_timeout, lives_s)

        self._queues.way.call("send message", apply)

    def peek_messages(self, max_messages: int = 1, **_: Any) -> list[Message]:
        def apply() -> list[Message]:
            self._existing()
            return self._queues.waiting(self.queue_name)[:max_messages]

        return self._queues.way.call("peek at queue", apply)

    def clear_messages(self, **_: Any) -> None:
        self._queues.way.call("clear queue", self._queues.messages[self.queue_name].clear)

    def get_queue_properties(self, **_: Any) -> SimpleNamespace:
        def apply() -> SimpleNamespace:
            self._existing()
            count = self._queues.count(self.queue_name)
            return SimpleNamespace(approximate_message_count=count)

        return self._queues.way.call("look at queue", apply)

    def _existing(self) -> None:
        if self.queue_name not in self._queues.messages:
            raise not_found("QueueNotFound")


class HostsQueueClient(QueueClient):
    """The same queue, as the host sees it: messages are base64."""

    def receive_messages(self, **_: Any) -> Iterator[SimpleNamespace]:
        """Those that are visible, each hidden for half a minute."""

        def apply() -> list[SimpleNamespace]:
            self._existing()
            return [self._taken(each) for each in self._queues.waiting(self.queue_name)]

        yield from self._queues.way.call("get messages", apply)

    def delete_message(self, taken: SimpleNamespace, **_: Any) -> None:
        self._queues.way.call(
            "delete message",
            lambda: self._queues.delete(self.queue_name, taken.message, taken.receipt),
        )

    def _taken(self, message: Message) -> SimpleNamespace:
        receipt = self._queues.take(self.queue_name, message, 30)
        content = base64.b64encode(message.body.encode()).decode()
        return SimpleNamespace(content=content, message=message, receipt=receipt)


def _upload_etag(body: str) -> str:
    """What a message is about."""
    return str(json.loads(body).get("job", {}).get("upload_etag"))
