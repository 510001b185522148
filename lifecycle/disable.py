"""An endpoint that wants nothing more, or is dead: it gets nothing, and its neighbours are told."""

import json

from jobs.delivery import Delivery
from jobs.endpoint import Endpoint, disabled
from jobs.event import Event, EventType, Receiver, event_id
from jobs.job import FencedError
from jobs.tenant import NOBODY
from lifecycle.look import drop_all
from lifecycle.publish import deliver_to
from lifecycle.services import Services
from worker.log import log


def disable(services: Services, endpoint: Endpoint, reason: str, cause: Delivery) -> None:
    """Disables the endpoint, unless it was changed meanwhile, and drops what waits for it.

    Harmless to repeat: where somebody dies in the middle, the next failure does it again, under
    the same id for the same `cause`.
    """
    _tell_others(services, endpoint, reason, cause)
    try:
        services.endpoint_table.put(disabled(endpoint, reason, services.clock()))
    except FencedError:
        services.endpoints.forget()
        return
    services.endpoints.forget()
    count = drop_all(services, endpoint.id)
    log.warning("webhook %s disabled, %d deliveries dropped: %s", endpoint.id, count, reason)


def _tell_others(services: Services, endpoint: Endpoint, reason: str, cause: Delivery) -> None:
    kind = EventType.ENDPOINT_DISABLED
    event = Event(
        event_id(cause.created_at, endpoint.id, cause.id, kind),
        kind,
        services.clock(),
        json.dumps({"webhook": endpoint.id, "description": endpoint.description, "reason": reason}),
    )
    others = [each for each in services.endpoints.all() if each.id != endpoint.id]
    own = [each for each in others if each.tenant in {NOBODY, endpoint.tenant}]
    to = tuple(Receiver(each.id) for each in own if each.wants(kind))
    deliver_to(services, event, to)
