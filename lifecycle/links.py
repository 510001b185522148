"""The link to a job's result, and when the result goes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.alarm import kept_for, kept_until
from jobs.job import Job, Status
from lifecycle.awaited import awaited_until
from lifecycle.services import Services


@dataclass(frozen=True, slots=True)
class Link:
    """A private, read-only address of a result."""

    url: str
    expires_at: datetime


def deletes_at(services: Services, job: Job) -> datetime | None:
    """When the result of a completed job, or the upload of a failed one, becomes due."""
    if job.status not in (Status.COMPLETED, Status.FAILED):
        return None
    return kept_until(job, services.retention)


def has_expired(services: Services, job: Job) -> bool:
    """Whether its end is told no more: from `deletes_at` on, whenever the deletion follows.

    Not while somebody has to be told of it: then the result is kept for longer.
    """
    ends_at = deletes_at(services, job)
    if ends_at is None:
        return job.status is Status.EXPIRED
    if _in_links(ends_at) > services.clock() or job.unpublished:
        return False
    return awaited_until(services, job) is None


def current_link(services: Services, job: Job) -> Link | None:
    """The link that a client is told of; None once the job has expired.

    Past its time the result is there only for those who have to be told of it.
    """
    link = link_to_result(services, job)
    return link if link or has_expired(services, job) else awaited_link(services, job)


def link_to_result(services: Services, job: Job) -> Link | None:
    """A link that never outlives the result; None once that is due for deletion."""
    ends_at = deletes_at(services, job)
    return _link(services, job, ends_at) if ends_at else None


def awaited_link(services: Services, job: Job) -> Link | None:
    """The same for who gets it with an event, until whose arrival the result is kept.

    It is kept as long again after that: the link lives for that long, if not longer.
    """
    ends_at = deletes_at(services, job)
    at_least = services.clock() + kept_for(job, services.retention)
    return _link(services, job, max(ends_at, at_least)) if ends_at else None


def _link(services: Services, job: Job, ends_at: datetime) -> Link | None:
    now = services.clock()
    if job.status is not Status.COMPLETED or job.result is None:
        return None
    lifetime = timedelta(minutes=services.settings.link_lifetime_minutes)
    expires_at = _in_links(min(now + lifetime, ends_at))
    if expires_at <= now:
        return None
    client = services.results.client(job.result.name)
    return Link(services.links.read_link(client, expires_at, now), expires_at)


def _in_links(at: datetime) -> datetime:
    """Links carry whole seconds."""
    return at.replace(microsecond=0)
