"""What a client may do to one job: cancel it, have it tried again, keep it longer, delete it."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from errors import BlobLockedError, InvalidOptionError, SourceGoneError, StorageUnavailableError
from errors.requests import (
    AlreadySettledError,
    ExpiredJobError,
    NotFailedError,
    NotSettledError,
    UnknownJobError,
)
from jobs.alarm import alarm_for, kept_until
from jobs.event import EventType
from jobs.job import FencedError, Job, Status
from jobs.transitions import cancelled, discarded, prolonged, restarted
from jobs.upload import Upload
from lifecycle import failpoints
from lifecycle.alarm import answer_now
from lifecycle.asked import what_is_asked
from lifecycle.failpoints import Point
from lifecycle.index import note_restart_in_index
from lifecycle.intake import current_job
from lifecycle.links import has_expired
from lifecycle.log_line import Action, Line, log_action
from lifecycle.publish import is_owed, publish, tell_end
from lifecycle.services import Services
from order import Order
from worker.log import log

# Each loses only to a write of somebody else, such as a heartbeat, that came in between.
TRIES = 5


def cancel_job(services: Services, blob_name: str, *, keep: bool = False) -> Job:
    """Ends a job that has not ended; returns it as it is then.

    Its upload is deleted, in that very version, unless `keep` asks for it to stay as that of any
    failed job. A running attempt learns of it with its next heartbeat. Raises AlreadySettledError,
    UnknownJobError and ExpiredJobError.
    """

    def cancel(job: Job) -> Job:
        if job.is_settled:
            raise AlreadySettledError
        return _cancel(services, job, keep=keep)

    return _until_written(services, blob_name, cancel)


def requeue_job(services: Services, blob_name: str, options: Mapping[str, Any]) -> Job:
    """Has a failed job tried again, as if it were new; returns it as it is then.

    `options` are laid over those that it had. Raises NotFailedError, SourceGoneError when there is
    no upload any more, what the upload is refused for, UnknownJobError and ExpiredJobError.
    """

    def requeue(job: Job) -> Job:
        if not job.is_failed:
            raise NotFailedError
        upload = services.uploads.get(blob_name)
        if upload is None or job.upload_unwanted:  # that goes at this moment, or in its time
            raise SourceGoneError
        if upload.etag != job.upload_etag:  # a newer one, which came at this moment
            raise FencedError(blob_name)
        return _restart(services, job, _order_of(services, job, upload, options))

    return _until_written(services, blob_name, requeue)


def extend_job(services: Services, blob_name: str, length: timedelta) -> Job:
    """Keeps the result of a job, or the upload of a failed one, for so long from now on.

    At least: what is kept for longer stays so. The alarm that stands finds nothing due, and sets
    the next one. Raises NotSettledError, UnknownJobError and ExpiredJobError.
    """

    def extend(job: Job) -> Job:
        if not job.is_settled:
            raise NotSettledError
        now = services.clock()
        if kept_until(job, services.retention) >= now + length:
            return job
        return services.jobs.replace(prolonged(_published(services, job), now + length, now))

    return _until_written(services, blob_name, extend)


def delete_job(services: Services, blob_name: str) -> None:
    """Deletes what is left of a job now; one that waits is cancelled first. May be repeated.

    Raises NotSettledError while an attempt is at work, and UnknownJobError.
    """
    for _ in range(TRIES):
        job = current_job(services, blob_name)
        if job is None:
            raise UnknownJobError
        if job.status is Status.PROCESSING:
            raise NotSettledError
        if job.status is Status.EXPIRED:
            return
        with suppress(FencedError):
            if job.status is Status.QUEUED:
                job = _cancel(services, job, keep=True)
            _discard(services, job)
            return
    raise StorageUnavailableError


def _until_written(services: Services, blob_name: str, write: Callable[[Job], Job]) -> Job:
    """What `write` makes of the present job, however often its row changes meanwhile."""
    for _ in range(TRIES):
        job = current_job(services, blob_name)
        if job is None:
            raise UnknownJobError
        if has_expired(services, job):
            raise ExpiredJobError
        with suppress(FencedError):
            return write(job)
    raise StorageUnavailableError


def _cancel(services: Services, job: Job, *, keep: bool) -> Job:
    """Alarm, row, event, upload: what a crash leaves behind is done by the alarm in its time."""
    is_told = is_owed(services, job, EventType.JOB_FAILED)
    over = cancelled(job, services.clock(), unpublished=is_told, keep=keep)
    services.alarms.set(alarm_for(over, services.retention))
    over = services.jobs.replace(over)
    failpoints.reached(Point.CANCELLED)
    log_action(Line(Action.CANCELLED, over, job.stage or "", _age_s(job, over.updated_at)), "ended")
    tell_end(services, over)
    if not keep:
        try:
            services.uploads.delete(job.blob_name, job.upload_etag)
        except (BlobLockedError, StorageUnavailableError) as error:
            line = Line(Action.UPLOAD_KEPT, over, "", 0, error)
            log_action(line, "its upload could not be deleted yet (%s)", error)
    return services.jobs.get(job.blob_name) or over


def _order_of(services: Services, job: Job, upload: Upload, options: Mapping[str, Any]) -> Order:
    """An option that is not known is never passed over, unless others are given in its place."""
    refusal = what_is_asked(services, upload).refusal
    if refusal and not (options and isinstance(refusal, InvalidOptionError)):
        raise refusal
    return Order.from_json(dict(options), job.order)


def _restart(services: Services, job: Job, order: Order) -> Job:
    """Alarm, row, message, as of a new job; where this ends early, the index learns it later."""
    again = restarted(_published(services, job), order, services.clock())
    services.alarms.set(alarm_for(again, services.retention))
    again = services.jobs.replace(again)
    failpoints.reached(Point.RESTARTED)
    services.send_message(again)
    note_restart_in_index(services, again)
    log_action(Line(Action.RESTARTED, again, "", _age_s(job, again.updated_at)), "tried again")
    return again


def _discard(services: Services, job: Job) -> None:
    """Alarm, row, and then what the alarm would do as well."""
    done = discarded(_published(services, job), services.clock())
    services.alarms.set(alarm_for(done, services.retention))
    done = services.jobs.replace(done)
    failpoints.reached(Point.DISCARDED)
    try:
        answer_now(services, done)
    except (FencedError, StorageUnavailableError):
        log.warning("job of %s: to be deleted, which is done later", job.blob_name)


def _published(services: Services, job: Job) -> Job:
    return publish(services, job) if job.unpublished else job


def _age_s(job: Job, now: datetime) -> float:
    return (now - job.created_at).total_seconds()
