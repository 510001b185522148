"""How a job changes: every way in which one row follows from another. Nothing else changes one.

Each function names the statuses that it begins in; docs/architecture.md draws them together.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from errors import JobCancelledError, MediaProcessorError, PermanentError, WorkerLostError
from jobs.contract import IngestRecord
from jobs.delivery import DeliveryKey
from jobs.job import Job, Status
from jobs.lease import Lease
from jobs.naming import file_type
from jobs.result import Result
from jobs.stage import COMPRESSION, Stage
from jobs.timeline import Timeline, Transition, extended
from jobs.transition_guard import begins_in
from jobs.upload import Upload
from order import Order


def created(
    upload: Upload,
    order: Order,
    now: datetime,
    *,
    delay: timedelta = timedelta(0),
    before: Timeline = (),
) -> Job:
    """The first record of an upload, queued; its message is sent after `delay`.

    `before` is what happened to earlier uploads of the name.
    """
    begun = Transition(now, Status.QUEUED.value, 0, upload_etag=upload.etag)
    return Job(
        blob_name=upload.blob_name,
        status=Status.QUEUED,
        upload_etag=upload.etag,
        file_size=upload.size_bytes,
        file_type=file_type(upload.blob_name),
        created_at=now,
        updated_at=now,
        enqueued_at=now + delay,
        order=order,
        timeline=extended(before, begun),
    )


def sent_under(job: Job, record: IngestRecord | None) -> Job:
    """The first record of an upload that came by a contract, if it did."""
    if record is None:
        return job
    return replace(
        job,
        contract=record.contract,
        external_id=record.external_id,
        organization_id=record.organization_id,
    )


def in_place_of(job: Job, known: Job | None) -> Job:
    """The first record of an upload, to be written over the row of an older one, if any."""
    return job.in_version(known.row_etag if known else None)


@begins_in(Status.QUEUED, Status.PROCESSING)
def claimed(job: Job, attempt_id: str, now: datetime, lease: timedelta) -> Job:
    """The job in the hands of a new attempt.

    An attempt that vanished without a word may be a deployment; a second one is taken for work that
    its machine could not bear.
    """
    begun = Transition(now, Status.PROCESSING.value, job.attempts + 1)
    vanished_again = job.lease is not None and job.vanished > 0
    return replace(
        job,
        vanished=job.vanished_attempts,
        lighter_steps=job.lighter_steps + vanished_again,
        status=Status.PROCESSING,
        attempts=job.attempts + 1,
        lease=Lease(attempt_id, now + lease),
        next_attempt_at=None,
        stage=Stage.DOWNLOADING,
        progress=0.0,
        processing_started_at=now,
        error_code=None,
        error_message=None,
        updated_at=now,
        timeline=extended(without_its_attempt(job).timeline, begun),
    )


def without_its_attempt(job: Job) -> Job:
    """As it is shown once no lease runs any more: without its attempt it waits again."""
    if job.status is not Status.PROCESSING:
        return job
    ended_at, reason = job.lease.until if job.lease else job.updated_at, WorkerLostError()
    return replace(
        job,
        status=Status.QUEUED,
        stage=None,
        progress=None,
        error_code=reason.code,
        timeline=_then(job, Status.QUEUED, ended_at, error=reason),
    )


@begins_in(Status.PROCESSING)
def with_heartbeat(
    job: Job, now: datetime, lease: timedelta, stage: Stage | None, progress: float | None
) -> Job:
    """The job after a heartbeat of its attempt, which is that far."""
    return replace(
        job,
        stage=stage,
        progress=progress,
        lease=job.lease.renewed(now + lease) if job.lease else None,
        updated_at=now,
    )


@begins_in(Status.PROCESSING)
def announced(job: Job, result_name: str, now: datetime, lease: timedelta) -> Job:
    """The job that is about to have a result of that name."""
    beaten = with_heartbeat(job, now, lease, Stage.STORING, COMPRESSION.end)
    return replace(beaten, result_name=result_name)


@begins_in(Status.PROCESSING)
def completed(job: Job, result: Result, now: datetime, *, unpublished: bool = False) -> Job:
    """The job with its result; `unpublished`: somebody is to be told of it."""
    return replace(
        job,
        status=Status.COMPLETED,
        unpublished=unpublished,
        completed_at=now,
        updated_at=now,
        lease=None,
        stage=None,
        progress=100.0,
        result_name=result.name,
        result=result,
        timeline=_then(job, Status.COMPLETED, now),
    )


@begins_in(Status.PROCESSING)
def requeued(job: Job, error: MediaProcessorError, at: datetime, now: datetime) -> Job:
    """The job back in the queue, to be tried again at `at`."""
    return replace(
        job,
        status=Status.QUEUED,
        next_attempt_at=at,
        enqueued_at=now,
        lease=None,
        stage=None,
        progress=None,
        error_code=error.code,
        error_message=error.message,
        lighter_steps=job.lighter_steps + error.was_too_much,
        updated_at=now,
        timeline=_then(job, Status.QUEUED, now, error=error),
    )


@begins_in(Status.PROCESSING)
def handed_back(job: Job, reason: MediaProcessorError, now: datetime) -> Job:
    """The job back in the queue, to be claimed at once: its attempt does not count."""
    return replace(requeued(job, reason, now, now), handed_back=job.handed_back + 1)


@begins_in(Status.QUEUED, Status.PROCESSING)
def failed(
    job: Job, error: MediaProcessorError, now: datetime, *, unpublished: bool = False
) -> Job:
    """The job given up, with the reason that clients may read; `unpublished` as of completed()."""
    return replace(
        job,
        status=Status.FAILED,
        unpublished=unpublished,
        failed_at=now,
        lease=None,
        next_attempt_at=None,
        stage=None,
        error_code=error.code,
        error_message=error.message,
        updated_at=now,
        timeline=_then(job, Status.FAILED, now, error=error),
    )


@begins_in(Status.QUEUED, Status.PROCESSING)
def cancelled(job: Job, now: datetime, *, unpublished: bool = False, keep: bool = False) -> Job:
    """The job that a client does not want any more, nor its upload, unless that is to be kept.

    `unpublished` as of completed().
    """
    over = failed(job, JobCancelledError(), now, unpublished=unpublished)
    return replace(over, upload_unwanted=not keep)


@begins_in(Status.FAILED)
def restarted(job: Job, order: Order, now: datetime) -> Job:
    """The failed job in the queue again as if it were new, to be done by that order.

    What is left of it is when it was noticed, and its timeline.
    """
    fresh = created(job.upload, order, now, before=job.timeline)
    return replace(
        fresh,
        file_type=job.file_type,
        contract=job.contract,
        external_id=job.external_id,
        organization_id=job.organization_id,
        created_at=job.created_at,
        row_etag=job.row_etag,
    )


def refused(
    job: Job, error: PermanentError | None, now: datetime, *, unpublished: bool = False
) -> Job:
    """A new job that is born failed, if there is a reason; `unpublished` as of completed()."""
    return failed(job, error, now, unpublished=unpublished) if error else job


@begins_in(Status.COMPLETED, Status.FAILED)
def published(job: Job, to: tuple[DeliveryKey, ...], now: datetime) -> Job:
    """The settled job of which everybody is told who wants to know."""
    return replace(job, unpublished=False, published=to, updated_at=now)


@begins_in(Status.COMPLETED)
def held(job: Job, until: datetime, now: datetime) -> Job:
    """The completed job whose result is kept for longer, as a delivery still needs it."""
    return replace(job, keep_until=until, updated_at=now)


@begins_in(Status.COMPLETED, Status.FAILED)
def prolonged(job: Job, until: datetime, now: datetime) -> Job:
    """The settled job that a client wants to be kept until then."""
    return replace(job, keep_until=until, updated_at=now)


@begins_in(Status.COMPLETED, Status.FAILED)
def discarded(job: Job, now: datetime) -> Job:
    """The settled job of which nothing is wanted any more, whoever waits for it."""
    return replace(job, deleted_at=now, updated_at=now)


@begins_in(Status.COMPLETED)
def confirmed(job: Job, now: datetime) -> Job:
    """The completed job whose sender has the result, which may go."""
    return replace(job, confirmed_at=now, keep_until=now, updated_at=now)


@begins_in(Status.QUEUED, Status.PROCESSING)
def postponed(job: Job, at: datetime, now: datetime) -> Job:
    """The waiting job whose message comes again at `at`."""
    return replace(job, enqueued_at=at, updated_at=now)


@begins_in(Status.QUEUED, Status.PROCESSING)
def woken(job: Job, now: datetime) -> Job:
    """The job for which another message is sent, as its own may be lost or its attempt vanished."""
    return replace(job, enqueued_at=now, updated_at=now)


@begins_in(Status.COMPLETED, Status.FAILED)
def expired(job: Job, now: datetime, *, upload_kept: bool = False) -> Job:
    """The job after its result, or its failed upload, was deleted in its time.

    `upload_kept`: somebody keeps the upload from that, and it must not be taken for a new one.
    """
    return replace(
        job,
        status=Status.EXPIRED,
        upload_kept=upload_kept,
        result=replace(job.result, url="") if job.result else None,
        updated_at=now,
        timeline=_then(job, Status.EXPIRED, now),
    )


@begins_in(Status.EXPIRED)
def remembered(job: Job, now: datetime) -> Job:
    """The trace of an ended job, kept for another time, as its upload is still there."""
    return replace(job, updated_at=now)


def _then(
    job: Job, status: Status, now: datetime, error: MediaProcessorError | None = None
) -> Timeline:
    code = error.code if error else None
    return extended(job.timeline, Transition(now, status.value, job.attempts, code))
