"""The queues that wake who delivers; what there is to deliver, the outbox knows."""

import math
from collections.abc import Collection
from datetime import timedelta
from functools import partial

from azure.storage.queue import QueueClient

from integrations.storage import create, storage_errors, with_creation
from jobs.delivery_message import encode
from jobs.endpoint import is_transfer

DELIVERY_QUEUE = "media-delivery-queue"
TRANSFER_QUEUE = "media-transfer-queue"  # files, which may take minutes, delay no event
LONGEST_DELAY = timedelta(days=7)  # a limit of Queue Storage


class DeliveryQueue:
    """Sends wake-up messages; each queue is created on first use."""

    def __init__(self, events: QueueClient, transfers: QueueClient) -> None:
        self._events = events
        self._transfers = transfers

    def wake(self, endpoint_ids: Collection[str], delay: timedelta = timedelta(0)) -> None:
        """Wakes who delivers to these endpoints after `delay`. Twice is as good as once."""
        files = {each for each in endpoint_ids if is_transfer(each)}
        for client, ids in ((self._events, {*endpoint_ids} - files), (self._transfers, files)):
            if ids:
                with_creation(partial(self._send, client, encode(ids), delay), self.create)

    def create(self) -> None:
        """Creates the queues; harmless when they are there."""
        create(self._events.create_queue)
        create(self._transfers.create_queue)

    @staticmethod
    def _send(client: QueueClient, text: str, delay: timedelta) -> None:
        bounded = max(timedelta(0), min(delay, LONGEST_DELAY))
        seconds = math.ceil(bounded.total_seconds())  # what comes too early finds nothing due
        with storage_errors():
            client.send_message(text, visibility_timeout=seconds, time_to_live=-1)
