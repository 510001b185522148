"""An upload becomes a job: a row, and a message that wakes a worker."""

from contextlib import suppress
from datetime import timedelta

from errors import BlobLockedError, PermanentError, StorageUnavailableError
from jobs.alarm import alarm_for, due_at, next_alarm
from jobs.event import EventType
from jobs.job import FencedError, Job, Status
from jobs.message import Priority, priority_of
from jobs.transitions import created, in_place_of, refused, sent_under
from jobs.upload import Upload
from lifecycle import failpoints
from lifecycle.asked import link_of, what_is_asked
from lifecycle.failpoints import Point
from lifecycle.index import note_in_index
from lifecycle.log_line import Action, Line, log_action
from lifecycle.publish import is_owed, publish, publish_soon
from lifecycle.services import Services
from lifecycle.tick import Done
from worker.log import log

NO_DELAY = timedelta(0)
# Each loses only to a write of somebody else that came in between.
RECORD_TRIES = 5


def current_job(services: Services, blob_name: str) -> Job | None:
    """The job of the present version of an upload, taken in now if the trigger is still to come.

    Of an upload that is gone, the job as history knows it; None when there was never one.
    """
    job = services.jobs.get(blob_name)
    if job and not job.is_settled:
        return job
    upload = services.uploads.get(blob_name)
    if upload is None:
        return job or services.history.get(blob_name)
    if job and job.upload_etag == upload.etag:
        return job
    return accept_upload(services, upload)


def latest_job(services: Services, blob_name: str) -> Job | None:
    """The latest job of a name, also when it is history; takes nothing in."""
    return services.jobs.get(blob_name) or services.history.get(blob_name)


def latest_by_key(services: Services, key: str) -> Job | None:
    """The same, by the key of its row."""
    return services.jobs.get_by_key(key) or services.history.get_by_key(key)


def accept_blob(services: Services, blob_name: str, *, again: bool = False) -> Job | None:
    """Accepts the present version of an upload; None when there is no such blob (any more).

    `again` also restarts a job that had failed.
    """
    upload = services.uploads.get(blob_name)
    if upload is None:
        log.info("job of %s not created: the upload is gone", blob_name)
        return None
    return accept_upload(services, upload, again=again)


def job_of_version(services: Services, upload: Upload) -> Job | None:
    """The job of that very version of an upload, or None."""
    job = services.jobs.get(upload.blob_name)
    return job if job and job.upload_etag == upload.etag else None


def accept_missed(services: Services, upload: Upload) -> Done | None:
    """Accepts a listed upload that has no job, since the trigger missed it; returns what was done.

    By name: the listing may be older than the end of that upload's job.
    """
    job = accept_blob(services, upload.blob_name)
    return Done.UPLOAD_RESCUED if job and job.status is not Status.EXPIRED else None


def accept_upload(
    services: Services, upload: Upload, *, again: bool = False, delay: timedelta = NO_DELAY
) -> Job:
    """Records the upload and enqueues it; an unacceptable one gets a row that is born failed.

    Idempotent: a repeated trigger for the same version changes nothing, at most it sends the
    message again, in case the first was lost. A newer version replaces the job. `again` also
    restarts a job that had failed. The message becomes visible after `delay`, or later.
    """
    for _ in range(RECORD_TRIES):
        known = services.jobs.get(upload.blob_name)
        if known and known.upload_etag != upload.etag:
            # What the caller saw, in an event or on a page of a listing, may be the older one.
            upload = services.uploads.get(upload.blob_name) or known.upload
        if known and known.upload_etag == upload.etag and not (again and known.is_failed):
            return _repeat(services, known)
        with suppress(FencedError):
            if known and known.unpublished:  # its event would be lost with the row
                known = publish(services, known)
            return _start(services, upload, known, delay)
    raise StorageUnavailableError


def _start(services: Services, upload: Upload, known: Job | None, delay: timedelta) -> Job:
    """Alarm, index, row, message: what a crash leaves without a message is found by the alarm.

    Raises FencedError when the row changed since `known` was read, as it does with every heartbeat
    of an attempt at the upload's older version.
    """
    past = known or services.history.get(upload.blob_name)
    if past and past.upload_etag == upload.etag and past.status is Status.EXPIRED:
        _delete_again(services, upload)  # the caller saw it long ago, or somebody kept it
        return past
    if past and past.is_settled and link_of(services, upload):
        return _discard(services, upload, past)
    job, refusal = _new_job(services, upload, past, delay)
    failpoints.reached(Point.INTAKE_BEGUN)
    services.alarms.set(alarm_for(job, services.retention))
    _set_another_alarm_if_late(services, job)
    failpoints.reached(Point.INTAKE_ALARM)
    note_in_index(services, job)
    job = in_place_of(job, known)
    job = services.jobs.replace(job) if known else services.jobs.insert(job)
    failpoints.reached(Point.INTAKE_ROW)
    _set_another_alarm_if_late(services, job)
    if job.status is Status.QUEUED:
        services.send_message(job, job.enqueued_at - job.created_at)
    failpoints.reached(Point.INTAKE_MESSAGE)
    noticed_after_s = (job.created_at - upload.seen_at).total_seconds()
    line = Line(Action.ACCEPTED, job, "intake", noticed_after_s, refusal)
    log_action(line, "%s, %d bytes", job.status, job.file_size)
    publish_soon(services, job)
    return job


def _discard(services: Services, upload: Upload, past: Job) -> Job:
    """A link is for one file: what comes by it after the end of that one is deleted, unread."""
    log.warning("job of %s: its link was used again, after its end", upload.blob_name)
    _delete_again(services, upload)
    return past


def _delete_again(services: Services, upload: Upload) -> None:
    with suppress(BlobLockedError):
        services.uploads.delete(upload.blob_name, upload.etag)


def _new_job(
    services: Services, upload: Upload, past: Job | None, delay: timedelta
) -> tuple[Job, PermanentError | None]:
    """The job, and why it is born failed, if it is."""
    now, asked = services.clock(), what_is_asked(services, upload)
    priority = priority_of(upload.blob_name, upload.size_bytes, asked.order)
    delay = max(delay, _delay(services, priority))
    before = past.timeline if past else ()
    job = sent_under(created(upload, asked.order, now, delay=delay, before=before), asked.record)
    is_told = asked.refusal is not None and is_owed(services, job, EventType.JOB_FAILED)
    return refused(job, asked.refusal, now, unpublished=is_told), asked.refusal


def _delay(services: Services, priority: Priority) -> timedelta:
    """Files of normal priority may be made to wait for small ones (off by default)."""
    is_high = priority is Priority.HIGH
    return timedelta(seconds=0 if is_high else services.settings.normal_priority_delay_s)


def _set_another_alarm_if_late(services: Services, job: Job) -> None:
    """Sets another alarm where the first may have rung already, when there was no row."""
    now, retention = services.clock(), services.retention
    if now > due_at(job, retention):
        services.alarms.set(next_alarm(job, now, retention))


def _repeat(services: Services, job: Job) -> Job:
    if job.status is Status.QUEUED and job.attempts == 0:
        # The first alarm may have rung before there was a row, if its writer slept in between.
        services.alarms.set(next_alarm(job, services.clock(), services.retention))
        services.send_message(job, job.enqueued_at - services.clock())
    log.info("job of %s exists already (%s)", job.blob_name, job.status)
    return job
