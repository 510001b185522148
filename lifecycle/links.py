"""The link to a job's result, and when the result goes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.alarm import due_at
from jobs.job import Job, Status
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
    return due_at(job, services.retention)


def link_to_result(services: Services, job: Job) -> Link | None:
    """A link that never outlives the result; None once that is due for deletion."""
    ends_at, now = deletes_at(services, job), services.clock()
    if job.status is not Status.COMPLETED or job.result is None or ends_at is None:
        return None
    lifetime = timedelta(minutes=services.settings.link_lifetime_minutes)
    # Links carry whole seconds.
    expires_at = min(now + lifetime, ends_at).replace(microsecond=0)
    if expires_at <= now:
        return None
    client = services.results.client(job.result.name)
    return Link(services.links.read_link(client, expires_at, now), expires_at)
