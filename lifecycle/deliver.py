"""One attempt at one delivery: claim, send, and what came of it, in that order."""

import random
import time
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from errors.deliveries import DeliveryError, DeliveryGoneError
from integrations.destinations.destination import DeliveryAnswer, DeliveryAttempt
from jobs.breaker import CLOSED, after_failure
from jobs.delivery import (
    LEASE,
    TRANSFER_LEASE,
    AttemptRecord,
    Delivery,
    claimed,
    delivered,
    refused,
)
from jobs.endpoint import Endpoint, EndpointKind, is_transfer
from jobs.job import FencedError
from jobs.tenant import NOBODY
from lifecycle import failpoints
from lifecycle.delivery_alarm import set_alarm_for
from lifecycle.delivery_log import DeliveryAction, DeliveryLine, log_delivery
from lifecycle.disable import disable
from lifecycle.document import document_of
from lifecycle.failpoints import Point
from lifecycle.hold import Hold
from lifecycle.lanes import Lane
from lifecycle.parcel import parcel_of
from lifecycle.postpone import EARLY
from lifecycle.services import Services
from worker.log import log

# The longest that an attempt may take once it sends: to connect, and to be answered.
SEND_LIMIT = timedelta(seconds=20)

Outcome = DeliveryAnswer | DeliveryError


def deliver(services: Services, lane: Lane, delivery: Delivery) -> None:
    """Makes the attempt that is due, unless somebody else is at it; returns when its row tells.

    A crash at any moment costs a repetition with the same id, never an event. Sends nothing when
    too little of its lease is left: another attempt might begin meanwhile.
    """
    endpoint = services.endpoints.of(delivery)
    if endpoint is None or not endpoint.is_enabled:
        return  # the next look drops it
    carries_file = is_transfer(endpoint.id)
    lease = TRANSFER_LEASE if carries_file else LEASE
    try:
        mine = claimed(delivery, uuid4().hex, services.clock(), lease)
        services.outbox.move(delivery, mine)
    except FencedError:
        return
    failpoints.reached(Point.DELIVERY_CLAIMED)
    hold = Hold(services, mine)
    attempt = _attempt(services, mine, endpoint, hold)
    if attempt.now > mine.due - SEND_LIMIT:
        return
    began_s = time.monotonic()
    with hold.heartbeats() if carries_file else nullcontext():
        outcome = _send(services, attempt)
    mine = hold.delivery
    failpoints.reached(Point.DELIVERY_SENT)
    record = _record(attempt, outcome, time.monotonic() - began_s)
    try:
        if isinstance(outcome, DeliveryError):
            _fail(services, lane, replace(attempt, delivery=mine), record, outcome)
        else:
            _succeed(services, lane, mine, record)
    except FencedError:
        line = DeliveryLine(DeliveryAction.LOST_CLAIM, mine, record.duration_ms)
        log_delivery(line, "another attempt began meanwhile")


def _attempt(services: Services, mine: Delivery, endpoint: Endpoint, hold: Hold) -> DeliveryAttempt:
    """A transfer has its file, any other delivery its document."""
    if is_transfer(endpoint.id):
        parcel, document = parcel_of(services, mine), ""
    else:
        parcel, document = None, document_of(services, mine)
    # The operator's own; a tenant's address leads to the public internet alone.
    is_trusted = mine.url is None and endpoint.tenant == NOBODY
    now = services.clock()
    return DeliveryAttempt(
        mine, endpoint, is_trusted, document, now, parcel, hold.check, _reached_uploaded
    )


def _reached_uploaded() -> None:
    failpoints.reached(Point.TRANSFER_UPLOADED)


def _send(services: Services, attempt: DeliveryAttempt) -> Outcome:
    try:
        return services.destinations[attempt.endpoint.kind].send(attempt)
    except DeliveryError as error:
        return error
    except Exception:  # noqa: BLE001 -- every failure must reach the row
        log.exception("a delivery to %s failed as nobody foresaw", attempt.endpoint.id)
        return DeliveryError()


def _record(attempt: DeliveryAttempt, outcome: Outcome, took_s: float) -> AttemptRecord:
    error = outcome if isinstance(outcome, DeliveryError) else None
    return AttemptRecord(
        number=attempt.delivery.attempts,
        began_at=attempt.now,
        duration_ms=round(1000 * took_s),
        status=outcome.status,
        answer=outcome.answer,
        address=outcome.address,
        error_code=error.code if error else None,
        error_message=error.message if error else None,
    )


def _succeed(services: Services, lane: Lane, mine: Delivery, record: AttemptRecord) -> None:
    after = delivered(mine, record.status, services.clock())
    if lane.breaker == CLOSED:
        services.outbox.move(mine, after, record)
    else:
        with lane.lock:
            services.outbox.move(mine, after, record, CLOSED)
            lane.breaker = CLOSED
    failpoints.reached(Point.DELIVERY_ROW)
    line = DeliveryLine(DeliveryAction.DELIVERED, after, record.duration_ms)
    log_delivery(line, "accepted with status %s", record.status)


def _fail(
    services: Services,
    lane: Lane,
    attempt: DeliveryAttempt,
    record: AttemptRecord,
    error: DeliveryError,
) -> None:
    """Alarm first, then the row, then a message for the time of the next attempt."""
    mine, now = attempt.delivery, services.clock()
    jitter = random.uniform(-1, 1)  # noqa: S311 -- spreads attempts, guards nothing
    after = refused(mine, error, now, jitter)
    with lane.lock:
        breaker = lane.breaker if error.is_ours else after_failure(lane.breaker, now)
        begins = max(after.due, breaker.open_until or after.due)
        if after.is_active:
            set_alarm_for(services, mine.endpoint_id, begins)
        services.outbox.move(mine, after, record, breaker)
        lane.breaker = breaker
    failpoints.reached(Point.DELIVERY_ROW)
    action = DeliveryAction.NOT_DELIVERED if after.is_active else DeliveryAction.GAVE_UP
    line = DeliveryLine(action, after, record.duration_ms, error)
    log_delivery(line, "%s", error)
    if after.is_active:
        # A breaker knows no early attempt: by the queue's own clock it may still be open.
        margin = EARLY if breaker.open_until else timedelta(0)
        services.delivery_queue.wake([mine.endpoint_id], begins - now + margin)
    if isinstance(error, DeliveryGoneError):
        _disable(services, attempt, "It answered that it wants no more events (HTTP status 410).")
    elif breaker.is_dead(now):
        _disable(services, attempt, "Nothing could be delivered for five days.")


def _disable(services: Services, attempt: DeliveryAttempt, reason: str) -> None:
    """What stands beside an upload is one address of many at its server: its others go on.

    What exists by settings is never disabled: who set it expects every file to arrive.
    """
    if attempt.delivery.url is None and attempt.endpoint.kind is EndpointKind.WEBHOOK:
        disable(services, attempt.endpoint, reason, attempt.delivery)
