"""Sends what is due, much at a time: one thread leads, each delivery has one of its own."""

import threading
import time
from collections.abc import Collection
from functools import partial

from errors import StorageUnavailableError, UnreadableRowError
from lifecycle.deliver import deliver
from lifecycle.lanes import Task
from lifecycle.look import look
from lifecycle.services import Services
from worker.log import log

# A host may take an invocation that lasts for a hint that the app is busy: another one goes on.
LEAD_LIMIT_S = 50.0
# What is being sent then has ended by itself.
END_LIMIT_S = 25.0
END_LIMIT_AT_SHUTDOWN_S = 10.0
LOOK_UP_EVERY_S = 0.5


def dispatch(services: Services, endpoint_ids: Collection[str]) -> None:
    """Sends what is due at these endpoints; returns when nothing is left, or after 50 seconds.

    Where another call in this process is at it, that one takes these along, and this returns at
    once: messages never wait for a slow receiver. Safe to run anywhere and at any time: a delivery
    is sent by whoever claims it, and what a dead process has claimed is due again soon.
    """
    dispatcher = services.dispatcher
    with services.shutdown.attempt():
        if not dispatcher.add(endpoint_ids):
            return
        is_done = False
        try:
            is_done = _lead(services, time.monotonic() + LEAD_LIMIT_S)
        finally:
            left = [] if is_done else dispatcher.resign()
        if left:
            services.delivery_queue.wake(left)
        _wait_for_the_rest(services)


def _lead(services: Services, end_s: float) -> bool:
    """Begins one thing after the other; True when nothing was left, and nobody leads any more."""
    dispatcher = services.dispatcher
    while not services.shutdown.is_over(end_s):
        dispatcher.something_ended.clear()
        task = dispatcher.next_task(services.clock())
        if task is None and not dispatcher.is_led:
            return True
        if task is None:
            dispatcher.something_ended.wait(LOOK_UP_EVERY_S)
            continue
        run = partial(_run, services, task)
        threading.Thread(target=run, name="delivery", daemon=True).start()
    return False


def _run(services: Services, task: Task) -> None:
    """The one place that catches everything: whatever goes wrong, an alarm stands."""
    dispatcher, lane = services.dispatcher, task.lane
    try:
        if task.delivery:
            deliver(services, lane, task.delivery)
        else:
            breaker, due, more = look(services, lane.endpoint_id)
            with dispatcher.lock:
                dispatcher.lanes.looked(lane, breaker, due, more=more)
    except StorageUnavailableError:
        log.warning("deliveries to %s wait, as storage does not answer", lane.endpoint_id)
    except UnreadableRowError as error:
        log.error("deliveries to %s wait: row %s. %s", lane.endpoint_id, error.key, error)
    except Exception:  # noqa: BLE001 -- a lane must come to its end
        log.exception("deliveries to %s failed", lane.endpoint_id)
    finally:
        with dispatcher.lock:
            dispatcher.lanes.ended(task, services.clock())
        dispatcher.something_ended.set()


def _wait_for_the_rest(services: Services) -> None:
    """Until what was begun has ended: a host may freeze a process that runs no function."""
    dispatcher, began_s = services.dispatcher, time.monotonic()
    while dispatcher.lanes.running and not dispatcher.is_led:
        limit_s = END_LIMIT_AT_SHUTDOWN_S if services.shutdown.is_requested else END_LIMIT_S
        if time.monotonic() - began_s > limit_s:
            return
        dispatcher.something_ended.wait(LOOK_UP_EVERY_S)
        dispatcher.something_ended.clear()
