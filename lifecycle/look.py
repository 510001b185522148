"""What is due at an endpoint; what can no longer be delivered there ends on the way."""

from collections.abc import Callable
from datetime import datetime

from jobs.breaker import CLOSED, Breaker
from jobs.delivery import SCHEDULE, Delivery, DeliveryState, dropped, given_up
from lifecycle.delivery_log import DeliveryAction, DeliveryLine, log_delivery
from lifecycle.postpone import EARLY
from lifecycle.services import Services

# So many are held in memory for one endpoint, of some kilobytes each.
MOST = 50
# What was found, and whether there may be more.
Found = tuple[Breaker, list[Delivery], bool]


def look(services: Services, endpoint_id: str) -> Found:
    """The state of the endpoint, and what is due there, the most urgent first."""
    waiting = services.outbox.waiting(endpoint_id, MOST)
    now = services.clock()
    due = [each for each in waiting.deliveries if _is_due(each, now)]
    if not due:
        return waiting.breaker, [], False
    if not _is_open_for_business(services, due[0]):
        drop_all(services, endpoint_id)
        return CLOSED, [], False
    is_more = len(due) == len(waiting.deliveries) and not waiting.is_all
    over = [each for each in due if _is_over(each, now)]
    if over:
        _end(services, over, given_up, DeliveryAction.GAVE_UP)
    return waiting.breaker, [each for each in due if not _is_over(each, now)], is_more


def drop_all(services: Services, endpoint_id: str) -> int:
    """Ends all that waits at an endpoint that is gone or disabled; returns how many.

    What is being sent at this moment may still arrive; if it does not, it is dropped when it is
    due again.
    """
    count = 0
    while True:
        waiting = services.outbox.waiting(endpoint_id, MOST)
        now = services.clock()
        found = [d for d in waiting.deliveries if d.state is DeliveryState.WAITING or d.due <= now]
        ended = _end(services, found, dropped, DeliveryAction.DROPPED)
        count += ended
        if not ended or waiting.is_all:
            return count


def _is_open_for_business(services: Services, delivery: Delivery) -> bool:
    endpoint = services.endpoints.of(delivery)
    return endpoint is not None and endpoint.is_enabled


def _is_due(delivery: Delivery, now: datetime) -> bool:
    """Its message may come a little early; a lease is never over before its time."""
    return delivery.due <= (now + EARLY if delivery.state is DeliveryState.WAITING else now)


def _is_over(delivery: Delivery, now: datetime) -> bool:
    """Its time has passed, or each attempt at it ended without a word."""
    tries = delivery.attempts - delivery.attempts_before
    return now >= delivery.deadline or tries >= len(SCHEDULE)


def _end(
    services: Services,
    found: list[Delivery],
    how: Callable[[Delivery, datetime], Delivery],
    action: DeliveryAction,
) -> int:
    now = services.clock()
    ended = [(each, how(each, now)) for each in found]
    count = services.outbox.move_all(ended)
    for _, after in ended:
        log_delivery(DeliveryLine(action, after), "ended without an attempt")
    return count
