"""An upload becomes a job: a row, and a message that wakes a worker."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from errors import EmptyFileError, LimitSizeError, PermanentError, StorageUnavailableError
from jobs.due import due_at, next_look
from jobs.job import FencedError, Job, Status, Upload, new_job
from jobs.message import priority_of
from lifecycle import failpoints
from lifecycle.failpoints import Point
from lifecycle.log_line import Action, Line, tell
from lifecycle.services import Services, log

# Each loses only to a write of somebody else that came in between.
RECORD_TRIES = 5


def current_job(services: Services, blob_name: str) -> Job | None:
    """The job of the present version of an upload, taken in now if the trigger is still to come.

    Of an upload that is gone, the job as history knows it; None when there was never one.
    """
    job = services.jobs.get(blob_name)
    if job and not job.is_settled:
        return job
    # Storage may read a backslash as a slash; only the trigger knows the name that was stored.
    upload = None if "\\" in blob_name else services.blobs.upload(blob_name)
    if upload is None:
        return job or services.history.get(blob_name)
    if job and job.upload_etag == upload.etag:
        return job
    return accept_upload(services, upload)


def accept_blob(services: Services, blob_name: str) -> Job | None:
    """Accepts the present version of an upload; None when there is no such blob (any more)."""
    upload = services.blobs.upload(blob_name)
    if upload is None:
        log.info("job of %s not created: the upload is gone", blob_name)
        return None
    return accept_upload(services, upload)


def recorded(services: Services, upload: Upload) -> Job | None:
    """The job of that very version of an upload, or None."""
    job = services.jobs.get(upload.blob_name)
    return job if job and job.upload_etag == upload.etag else None


def accept_missed(services: Services, upload: Upload) -> str | None:
    """Accepts a listed upload that has no job, since the trigger missed it; returns what was done.

    By name: the listing may be older than the end of that upload's job.
    """
    return "uploads rescued" if accept_blob(services, upload.blob_name) else None


def accept_upload(services: Services, upload: Upload, *, again: bool = False) -> Job:
    """Records the upload and enqueues it; an unacceptable one gets a row that is born failed.

    Idempotent: a repeated trigger for the same version changes nothing, at most it sends the
    message again, in case the first was lost. A newer version replaces the job. `again` also
    restarts a job that had failed.
    """
    for _ in range(RECORD_TRIES):
        known = services.jobs.get(upload.blob_name)
        if known and known.upload_etag != upload.etag:
            # What the caller saw, in an event or on a page of a listing, may be the older one.
            upload = services.blobs.upload(upload.blob_name) or known.upload
        if known and known.upload_etag == upload.etag and not (again and known.is_failed):
            return _repeat(services, known)
        with suppress(FencedError):
            return _start(services, upload, known)
    raise StorageUnavailableError


def _start(services: Services, upload: Upload, known: Job | None) -> Job:
    """Alarm, row, message: what a crash leaves behind without a message is found by the alarm.

    Raises FencedError when the row changed since `known` was read, as it does with every heartbeat
    of an attempt at the upload's older version.
    """
    past = known or services.history.get(upload.blob_name)
    if past and past.upload_etag == upload.etag and past.status is Status.EXPIRED:
        return past  # whoever calls saw the upload long ago
    refusal = _refusal(services, upload)
    job = new_job(upload, services.clock(), refusal, before=past.timeline if past else ())
    delay = _priority_delay(services, job)
    job = replace(job, enqueued_at=job.enqueued_at + delay)
    failpoints.reached(Point.INTAKE_BEGUN)
    services.watch(job.key, due_at(job, services.terms))
    _watch_again_if_late(services, job)
    failpoints.reached(Point.INTAKE_ALARM)
    if known is None:
        job = services.jobs.insert(job)
    else:
        job = services.jobs.replace(replace(job, row_etag=known.row_etag))
    failpoints.reached(Point.INTAKE_ROW)
    _watch_again_if_late(services, job)
    if job.status is Status.QUEUED:
        services.wake(job, delay)
    failpoints.reached(Point.INTAKE_MESSAGE)
    noticed_after_s = (job.created_at - upload.seen_at).total_seconds()
    line = Line(Action.ACCEPTED, job, "intake", noticed_after_s, refusal)
    tell(line, "%s, %d bytes", job.status, job.file_size)
    return job


def _watch_again_if_late(services: Services, job: Job) -> None:
    """Sets another alarm where the first may have rung already, when there was no row."""
    now, terms = services.clock(), services.terms
    if now > due_at(job, terms):
        services.watch(job.key, next_look(job, now, terms))


def _repeat(services: Services, job: Job) -> Job:
    if job.status is Status.QUEUED and job.attempts == 0:
        # The first alarm may have rung before there was a row, if its writer slept in between.
        services.watch(job.key, next_look(job, services.clock(), services.terms))
        services.wake(job, job.enqueued_at - services.clock())
    log.info("job of %s exists already (%s)", job.blob_name, job.status)
    return job


def _refusal(services: Services, upload: Upload) -> PermanentError | None:
    limit_bytes = services.settings.max_upload_bytes
    if upload.size_bytes == 0:
        return EmptyFileError()
    if upload.size_bytes > limit_bytes:
        return LimitSizeError(
            f"The file has {upload.size_bytes} bytes; at most {limit_bytes} are accepted."
        )
    return None


def _priority_delay(services: Services, job: Job) -> timedelta:
    """Files of normal priority may be made to wait for small ones (off by default)."""
    is_high = priority_of(job.file_size) == "high"
    return timedelta(seconds=0 if is_high else services.settings.normal_priority_delay_s)
