"""The queues that wake workers: one for small uploads, which never wait behind the large ones."""

from datetime import timedelta
from functools import partial

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from errors import StorageUnavailableError
from integrations.storage import TWO_TRIES, create, storage_errors, with_creation
from jobs.message import JobMessage, Priority

QUEUE = "media-processing-queue"
HIGH_QUEUE = f"{QUEUE}-high"  # of messages whose priority is `high`; each has a trigger of its own
LONGEST_DELAY = timedelta(days=7)  # a limit of Queue Storage


class JobQueue:
    """Sends each job message into the queue of its priority; a queue is created on first use."""

    def __init__(self, normal: QueueClient, high: QueueClient) -> None:
        self._queues = {Priority.NORMAL: normal, Priority.HIGH: high}
        self._idle: dict[Priority, bool] | None = None

    def asked_once(self) -> "JobQueue":
        """The same queue; its is_idle() asks each queue once, and abides by the answer."""
        queue = JobQueue(self._queues[Priority.NORMAL], self._queues[Priority.HIGH])
        queue._idle = {}
        return queue

    def send(self, message: JobMessage, delay: timedelta = timedelta(0)) -> None:
        """Enqueues the message, visible after `delay`. Sending twice is harmless."""
        client = self._queues[message.priority]
        bounded = max(timedelta(0), min(delay, LONGEST_DELAY))
        with_creation(partial(_send, client, message, bounded), partial(_create, client))

    def is_idle(self, priority: Priority) -> bool:
        """Whether no message of that priority is waiting for a worker.

        Delayed ones do not wait yet, and those in work do no more.
        """
        if self._idle is None:
            return self._is_idle(priority)
        if priority not in self._idle:
            self._idle[priority] = self._is_idle(priority)
        return self._idle[priority]

    def _is_idle(self, priority: Priority) -> bool:
        client = self._queues[priority]
        try:
            with storage_errors():
                return not client.peek_messages(1)
        except ResourceNotFoundError:
            _create(client)
            return True

    def is_reachable(self) -> bool:
        """Whether the queue service answers."""
        try:
            with storage_errors():
                self._queues[Priority.NORMAL].get_queue_properties(**TWO_TRIES)
        except ResourceNotFoundError:
            return True  # created on first use
        except StorageUnavailableError:
            return False
        return True

    def create(self) -> None:
        """Creates the queues; harmless when they are there."""
        for client in self._queues.values():
            _create(client)


def _create(client: QueueClient) -> None:
    create(client.create_queue)


def _send(client: QueueClient, message: JobMessage, delay: timedelta) -> None:
    with storage_errors():
        client.send_message(
            message.encode(), visibility_timeout=int(delay.total_seconds()), time_to_live=-1
        )
