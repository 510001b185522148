"""The queue that wakes a dispatcher; what there is to deliver, the outbox knows."""

import math
from collections.abc import Collection
from datetime import timedelta
from functools import partial

from azure.storage.queue import QueueClient

from integrations.storage import create, storage_errors, with_creation
from jobs.delivery_message import encode

DELIVERY_QUEUE = "media-delivery-queue"
LONGEST_DELAY = timedelta(days=7)  # a limit of Queue Storage


class DeliveryQueue:
    """Sends wake-up messages; the queue is created on first use."""

    def __init__(self, client: QueueClient) -> None:
        self._client = client

    def wake(self, endpoint_ids: Collection[str], delay: timedelta = timedelta(0)) -> None:
        """Wakes a dispatcher for these endpoints after `delay`. Twice is as good as once."""
        with_creation(partial(self._send, encode(endpoint_ids), delay), self.create)

    def create(self) -> None:
        """Creates the queue; harmless when it is there."""
        create(self._client.create_queue)

    def _send(self, text: str, delay: timedelta) -> None:
        bounded = max(timedelta(0), min(delay, LONGEST_DELAY))
        seconds = math.ceil(bounded.total_seconds())  # what comes too early finds nothing due
        with storage_errors():
            self._client.send_message(text, visibility_timeout=seconds, time_to_live=-1)
