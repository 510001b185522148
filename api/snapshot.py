"""A job as clients are told it, and the mark of exactly that."""

import hashlib
from typing import NamedTuple

from api.status import JobStatus, status_without_link
from errors.requests import ExpiredJobError, UnknownJobError
from jobs.job import Job, Status
from lifecycle.intake import current_job
from lifecycle.links import has_expired
from lifecycle.services import Services

TAG_LETTERS = 24


class Snapshot(NamedTuple):
    """A job as it is told, and the mark of exactly that."""

    job: Job
    view: JobStatus  # without a link
    tag: str


def snapshot_of(services: Services, name: str) -> Snapshot:
    """As it is now; raises UnknownJobError and ExpiredJobError."""
    job = current_job(services, name)
    if job is None:
        raise UnknownJobError
    if has_expired(services, job):
        raise ExpiredJobError
    view = status_without_link(services, job)
    text = f"{_epoch(services, job)} {view.model_dump_json()}"
    digest = hashlib.sha256(text.encode()).hexdigest()[:TAG_LETTERS]
    return Snapshot(job, view, f'W/"{digest}"')


def _epoch(services: Services, job: Job) -> int:
    """Changes so often that nobody keeps a link that is about to end."""
    if job.status is not Status.COMPLETED:
        return 0
    half_a_life_s = services.settings.link_lifetime_minutes * 60 / 2
    return int(services.clock().timestamp() / half_a_life_s)
