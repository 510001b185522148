"""The queue that wakes workers."""

from datetime import timedelta

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient

from errors import StorageUnavailableError
from integrations.storage import TWO_TRIES, storage_errors
from jobs.message import JobMessage

QUEUE = "media-processing-queue"
POISON_QUEUE = f"{QUEUE}-poison"  # the host's own name for it
LONGEST_DELAY = timedelta(days=7)  # a limit of Queue Storage


class JobQueue:
    """Sends job messages; the queue is created on first use."""

    def __init__(self, queue: QueueClient) -> None:
        self._queue = queue

    def send(self, message: JobMessage, delay: timedelta = timedelta(0)) -> None:
        """Enqueues the message, visible after `delay`. Sending twice is harmless."""
        bounded = max(timedelta(0), min(delay, LONGEST_DELAY))
        try:
            self._send(message, bounded)
        except ResourceNotFoundError:
            self.create()
            self._send_again(message, bounded)

    def is_empty(self) -> bool:
        """Whether no message is waiting, delayed or in work (storage counts approximately)."""
        try:
            with storage_errors():
                return self._queue.get_queue_properties().approximate_message_count == 0
        except ResourceNotFoundError:
            self.create()
            return True

    def is_reachable(self) -> bool:
        """Whether the queue service answers."""
        try:
            with storage_errors():
                self._queue.get_queue_properties(**TWO_TRIES)
        except ResourceNotFoundError:
            return True  # created on first use
        except StorageUnavailableError:
            return False
        return True

    def create(self) -> None:
        """Creates the queue; harmless when it is there."""
        try:
            with storage_errors():
                self._queue.create_queue()
        except ResourceExistsError:
            return

    def _send_again(self, message: JobMessage, delay: timedelta) -> None:
        """Once: while a deleted queue goes away, it is neither there nor can it be created."""
        try:
            self._send(message, delay)
        except ResourceNotFoundError as error:
            raise StorageUnavailableError from error

    def _send(self, message: JobMessage, delay: timedelta) -> None:
        with storage_errors():
            self._queue.send_message(
                message.encode(), visibility_timeout=int(delay.total_seconds()), time_to_live=-1
            )
