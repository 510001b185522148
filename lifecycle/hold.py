"""A transfer's hold on its delivery: renewed in the background, lost when somebody else took it."""

import threading
import time
from contextlib import AbstractContextManager

from errors import StorageUnavailableError
from errors.deliveries import DeliveryInterruptedError, DeliveryTimeoutError
from jobs.deadline import is_overdue
from jobs.delivery import Delivery, renewed
from jobs.job import FencedError
from lifecycle.services import Services
from worker.background import running
from worker.log import log

RENEW_EVERY_S = 10.0


class Hold:
    """The claimed delivery, in the version that was last written."""

    def __init__(self, services: Services, delivery: Delivery) -> None:
        self._services = services
        self._delivery = delivery
        self._is_lost = False
        self._began_s = time.monotonic()

    @property
    def delivery(self) -> Delivery:
        """As it stands in the outbox; stable once its heartbeats have ended."""
        return self._delivery

    def check(self) -> None:
        """Raises DeliveryInterruptedError when another attempt may be at it, or the worker ends.

        DeliveryTimeoutError when it has taken so long that the host would soon end this process.
        """
        if is_overdue(time.monotonic() - self._began_s):
            raise DeliveryTimeoutError("The transfer took too long.")
        is_over = self._services.clock() >= self._delivery.due
        if is_over or self._is_lost or self._services.shutdown.is_requested:
            raise DeliveryInterruptedError

    def heartbeats(self) -> AbstractContextManager[None]:
        """Keeps the hold until the block ends."""
        return running(self._beat_until, "transfer hold")

    def _beat_until(self, stop: threading.Event) -> None:
        services = self._services
        while not stop.wait(RENEW_EVERY_S):
            after = renewed(self._delivery, services.clock())
            try:
                self._delivery = services.outbox.move(self._delivery, after)
            except FencedError:
                self._is_lost = True
                return
            except StorageUnavailableError:
                log.warning("a transfer to %s: its hold was not renewed", after.endpoint_id)
