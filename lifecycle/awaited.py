"""Until when the result of a job is needed, as its event has not arrived everywhere."""

from datetime import datetime, timedelta

from jobs.alarm import kept_for
from jobs.delivery import Delivery, DeliveryState
from jobs.endpoint import EndpointKind, is_transfer
from jobs.job import Job
from lifecycle.services import Services


def awaited_until(services: Services, job: Job) -> datetime | None:
    """Until when the result is kept at least; None when it may go, or is to. A call a delivery.

    While a delivery waits: as long again as it has waited already, so that a receiver which is down
    for days costs a few looks. After its end: the retention, counted from then on.
    """
    if job.deleted_at:
        return None
    now, kept = services.clock(), kept_for(job, services.retention)
    ends = [
        _needed_until(job, each, now) + max(kept, _until_confirmed(services, each))
        for each in deliveries_of(services, job)
        if not (job.confirmed_at and is_transfer(each.endpoint_id))
    ]
    latest = max(ends, default=now)
    return latest if latest > now else None


def deliveries_of(services: Services, job: Job) -> list[Delivery]:
    """The deliveries of a job's end, as far as they are still known."""
    found = (services.outbox.get(key) for key in job.published)
    return [each for each in found if each]


def _until_confirmed(services: Services, delivery: Delivery) -> timedelta:
    """How long the sender of a video may take to say that it has what was pushed."""
    if delivery.endpoint_id == EndpointKind.PUSH and delivery.state is DeliveryState.DELIVERED:
        return timedelta(seconds=services.settings.confirm_ttl_s)
    return timedelta(0)


def _needed_until(job: Job, delivery: Delivery, now: datetime) -> datetime:
    if delivery.ended_at:
        return delivery.ended_at
    completed = job.completed_at or job.updated_at
    return min(now + (now - completed), delivery.deadline)
