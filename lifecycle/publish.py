"""The end of a job is told to those who want to know: a delivery for each, then the row."""

from contextlib import suppress
from datetime import timedelta

from errors import StorageUnavailableError
from jobs.delivery import Delivery
from jobs.event import Event, EventType, Receiver, delivery_of, event_of
from jobs.job import FencedError, Job
from jobs.transitions import published
from lifecycle import failpoints
from lifecycle.delivery_alarm import is_late, set_alarm_for, set_alarm_to_forget
from lifecycle.failpoints import Point
from lifecycle.index import note_end_in_index
from lifecycle.services import Services
from worker.log import log


def is_owed(services: Services, job: Job, event: EventType) -> bool:
    """Whether anybody is to be told of this end of the job.

    Where that cannot be found out, the answer is yes: to publish it will tell. Costs one call in
    half a minute, however many jobs end.
    """
    try:
        return bool(services.endpoints.receivers(job, event))
    except StorageUnavailableError:
        return True


def publish(services: Services, job: Job) -> Job:
    """Writes what a settled job owes, and then that it owes nothing more; returns the new row.

    Harmless to repeat, also when somebody died in the middle: a delivery that is there is not
    written again. Whoever replaces or moves a row that is unpublished calls this first. Raises
    FencedError when the row changed: then somebody else has published it.
    """
    event = event_of(job)
    to = services.endpoints.receivers(job, event.type)
    deliver_to(services, event, to)
    failpoints.reached(Point.PUBLISHED_DELIVERIES)
    keys = tuple(new_delivery(services, event, receiver).key for receiver in to)
    done = services.jobs.replace(published(job, keys, services.clock()))
    failpoints.reached(Point.PUBLISHED)
    return done


def tell_end(services: Services, job: Job) -> None:
    """What follows at once when a job was settled at this moment."""
    publish_soon(services, job)
    note_end_in_index(services, job)


def publish_soon(services: Services, job: Job) -> None:
    """The same for a job that was settled at this moment.

    What fails here is done by the alarm of the job that stands: it rings within 45 seconds.
    """
    if not job.unpublished:
        return
    failpoints.reached(Point.UNPUBLISHED)
    try:
        with suppress(FencedError):
            publish(services, job)
    except StorageUnavailableError:
        log.warning("job of %s: its end is told later, as storage does not answer", job.blob_name)


def deliver_to(services: Services, event: Event, to: tuple[Receiver, ...]) -> None:
    """Stores a delivery for each receiver, if it is not there yet, and wakes a dispatcher."""
    for receiver in to:
        add_delivery(services, new_delivery(services, event, receiver))
    if to:
        services.delivery_queue.wake({receiver.endpoint_id for receiver in to})


def new_delivery(services: Services, event: Event, receiver: Receiver) -> Delivery:
    """The event for one receiver, due at once."""
    hold = timedelta(hours=services.settings.delivery_hold_hours)
    return delivery_of(event, receiver, services.clock(), hold)


def add_delivery(services: Services, delivery: Delivery) -> None:
    """Alarm first: what a crash leaves behind is found by it. Harmless to repeat."""
    set_alarm_to_forget(services, delivery.endpoint_id)
    alarm = set_alarm_for(services, delivery.endpoint_id, delivery.due)
    services.outbox.add(delivery)
    if is_late(alarm, services.clock()):
        set_alarm_for(services, delivery.endpoint_id, services.clock())
