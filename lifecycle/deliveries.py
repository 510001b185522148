"""What became of deliveries, for who asks; and once more, for who wants them again."""

from datetime import datetime, timedelta
from itertools import islice

from errors.deliveries import (
    DeliveryBusyError,
    UnknownDeliveryError,
    UnknownWebhookError,
    WebhookDisabledError,
)
from jobs.breaker import CLOSED
from jobs.delivery import Delivery, DeliveryKey, DeliveryState, LoggedDelivery, replayed
from jobs.endpoint import EVER, OF_JOBS, Endpoint
from jobs.job import FencedError, Job
from lifecycle.delivery_alarm import set_alarm_for
from lifecycle.services import Services

PAGE = 100
# In one request; who has more asks again.
MOST_RECOVERED = 10_000


def logged_of(services: Services, job: Job) -> list[LoggedDelivery]:
    """The deliveries of a job's end with what their attempts found, as far as they are known."""
    found = (services.outbox.logged(key) for key in job.published)
    return [each for each in found if each]


def page_of(
    services: Services, endpoint_id: str, state: DeliveryState | None, after: str | None
) -> tuple[list[LoggedDelivery], str | None]:
    """The newest deliveries of a webhook, and after which the next page begins, if there is one.

    A page may hold fewer than a hundred, also none, where others have another state. Raises
    UnknownWebhookError, and UnknownDeliveryError where `after` is no delivery.
    """
    _endpoint(services, endpoint_id)
    key = DeliveryKey(endpoint_id, after) if after else None
    try:
        found, following = services.outbox.page(endpoint_id, key)
    except ValueError:
        raise UnknownDeliveryError from None
    page: list[LoggedDelivery] = []
    for each in found:
        if len(page) == PAGE:
            return page, page[-1].delivery.id
        if state in (None, each.delivery.state):
            page.append(each)
    return page, following


def replay(services: Services, endpoint_id: str, delivery_id: str) -> Delivery:
    """The delivery once more, at once and under the same id, wherever it stands.

    Raises UnknownDeliveryError, WebhookDisabledError, and DeliveryBusyError while it is being sent.
    """
    _refuse_disabled(services, endpoint_id)
    before = services.outbox.get(DeliveryKey(endpoint_id, delivery_id))
    if before is None:
        raise UnknownDeliveryError
    now = services.clock()
    if before.state is DeliveryState.SENDING and before.due > now:
        raise DeliveryBusyError
    set_alarm_for(services, endpoint_id, now)
    try:
        after = services.outbox.move(before, replayed(before, now, _hold(services)))
    except FencedError:
        raise DeliveryBusyError from None
    _wake(services, endpoint_id)
    return after


def recover(services: Services, endpoint_id: str, since: datetime) -> int:
    """All that was given up or dropped since then, once more; returns how many.

    At most ten thousand: who has more asks again. Raises UnknownWebhookError and
    WebhookDisabledError.
    """
    _refuse_disabled(services, endpoint_id)
    now, count = services.clock(), 0
    since = min(max(since, EVER), now)  # no UTC knows the first and the last moment of each zone
    set_alarm_for(services, endpoint_id, now)
    for state in (DeliveryState.FAILED, DeliveryState.DROPPED):
        found = services.outbox.with_state(endpoint_id, state, since)
        again = ((each, replayed(each, now, _hold(services))) for each in found)
        count += services.outbox.move_all(islice(again, MOST_RECOVERED - count))
    if count:
        _wake(services, endpoint_id)
    return count


def _endpoint(services: Services, endpoint_id: str) -> Endpoint | None:
    """None for that of addresses that were given with uploads: it is in no list."""
    if endpoint_id.startswith(OF_JOBS):
        return None
    if (endpoint := services.endpoints.get(endpoint_id)) is None:
        raise UnknownWebhookError
    return endpoint


def _refuse_disabled(services: Services, endpoint_id: str) -> None:
    endpoint = _endpoint(services, endpoint_id)
    if endpoint and not endpoint.is_enabled:
        raise WebhookDisabledError


def _wake(services: Services, endpoint_id: str) -> None:
    """Who asks for it knows more of the receiver than what the breaker remembers."""
    services.outbox.set_breaker(endpoint_id, CLOSED)
    services.delivery_queue.wake([endpoint_id])


def _hold(services: Services) -> timedelta:
    return timedelta(hours=services.settings.delivery_hold_hours)
