"""Brings files to their destinations: one after the other, beside and never before events."""

import threading
import time
from collections.abc import Collection

from errors import StorageUnavailableError
from jobs.endpoint import is_transfer
from lifecycle.deliver import deliver
from lifecycle.lanes import Lane
from lifecycle.look import look
from lifecycle.services import Services
from worker.log import log

# After this no other transfer begins: the first of the next invocation has its full time.
BEGIN_LIMIT_S = 60.0


def transfer(services: Services, endpoint_ids: Collection[str]) -> None:
    """Sends what is due to these endpoints; returns when nothing is left, or wakes the next call.

    As many at a time as the host hands out messages. Safe to run anywhere and at any time: whoever
    claims a delivery sends it, and what a dead process has claimed is due again soon.
    """
    with services.shutdown.attempt():
        end_s = time.monotonic() + BEGIN_LIMIT_S
        for endpoint_id in filter(is_transfer, endpoint_ids):
            try:
                if not _send_all(services, endpoint_id, end_s):
                    services.delivery_queue.wake([endpoint_id])
            except StorageUnavailableError:
                log.warning("transfers to %s wait, as storage does not answer", endpoint_id)


def _send_all(services: Services, endpoint_id: str, end_s: float) -> bool:
    """False when something may be left that is due."""
    lane = Lane(endpoint_id, threading.Lock())
    while not services.shutdown.is_over(end_s):
        lane.breaker, due, _ = look(services, endpoint_id)
        if not due or lane.breaker.is_open(services.clock()):
            return True
        deliver(services, lane, due[0])
    return False
