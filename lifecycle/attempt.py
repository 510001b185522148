"""One run at a job: its turn, its claim, its work, and a verdict when that fails."""

import random
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from errors import (
    BlobLockedError,
    MediaProcessorError,
    SourceGoneError,
    StorageUnavailableError,
    UnreadableRowError,
    WorkerStoppedError,
)
from integrations.uploads import UploadChangedError
from jobs.alarm import alarm_for, waiting_since
from jobs.event import EventType
from jobs.job import FencedError, Job
from jobs.message import JobMessage
from jobs.retry import GiveUp, is_exhausted, is_last_chance, verdict
from jobs.stage import Stage
from jobs.transitions import claimed, failed, handed_back, requeued, with_heartbeat
from lifecycle import failpoints
from lifecycle.claim import Claim
from lifecycle.failpoints import Point
from lifecycle.intake import accept_blob
from lifecycle.log_line import Action, Line, log_action
from lifecycle.postpone import EARLY, postpone
from lifecycle.publish import is_owed, tell_end
from lifecycle.services import Services
from lifecycle.store import adopt_result, delete_upload_of
from lifecycle.work import download_compress_store
from worker.log import log

LONGEST_WAIT_FOR_LOCK = timedelta(minutes=30)


def run_attempt(services: Services, message: JobMessage) -> None:
    """Does what the job needs now, which may be nothing; returns when the row says the result.

    Safe to run twice and at the same time: the row decides, and only the holder of the claim acts.
    Does not begin when this process is to end: the host delivers the message again after that.
    """
    with services.shutdown.attempt():
        _act(services, message)


def _act(services: Services, message: JobMessage) -> None:
    try:
        job = services.jobs.get(message.blob_name)
    except UnreadableRowError as error:
        log.error("job of %s: no attempt can be made. %s", message.blob_name, error)
        return
    if job is None:
        accept_blob(services, message.blob_name)
        return
    if job.is_settled:
        with suppress(BlobLockedError):  # as was said when it was completed
            delete_upload_of(services, job)
        return
    if at := _not_before(job, services.clock()):
        try:
            postpone(services, job, at)
        except FencedError:
            _act(services, message)  # the row changed at this moment: look again
    else:
        _claim_and_run(services, job)


def _not_before(job: Job, now: datetime) -> datetime | None:
    """When the job may be claimed, or None when that is now."""
    if job.lease and job.lease.is_running(now):
        return job.lease.lapses_at
    if job.next_attempt_at and job.next_attempt_at - now > EARLY:
        return job.next_attempt_at
    return None


def _claim_and_run(services: Services, job: Job) -> None:
    """When this process has room for it; else its message comes back.

    A job at its last chance works alone, or its neighbour's end would be taken for its own. Where
    it finds no idle worker in half an hour, it has to do without.
    """
    is_last = is_last_chance(services.settings.max_retry_attempts, job.vanished_attempts)
    has_waited_long = services.clock() - job.free_since > LONGEST_WAIT_FOR_LOCK
    is_alone = is_last and not has_waited_long
    with services.worker_lock.held(services.shutdown, exclusive=is_alone) as is_taken:
        if is_taken:
            _claim_and_run_now(services, job)
            return
    with suppress(FencedError):
        postpone(services, job, services.clock() + services.lease)


def _claim_and_run_now(services: Services, job: Job) -> None:
    now, max_retries = services.clock(), services.settings.max_retry_attempts
    failpoints.reached(Point.ATTEMPT_BEGUN)
    try:
        if reason := is_exhausted(job.attempts_counted, max_retries, job.vanished_attempts):
            is_told = is_owed(services, job, EventType.JOB_FAILED)
            over = services.jobs.replace(failed(job, reason, now, unpublished=is_told))
            line = Line(Action.FAILED, job, job.stage or "", 0, reason)
            log_action(
                line, "failed, as %d attempts at it ended without a word", job.vanished_attempts
            )
            tell_end(services, over)
            return
        taken = claimed(job, uuid4().hex, now, services.lease)
        services.alarms.set(alarm_for(taken, services.retention))
        failpoints.reached(Point.CLAIM_ALARM)
        claim = Claim(services, taken)
        taken = claim.insist(partial(_still_leased, services))
    except FencedError:
        log.info("job of %s was claimed by another worker", job.blob_name)
        return
    if taken.updated_at > now:
        with suppress(StorageUnavailableError):  # another alarm of the job will ring, but later
            services.alarms.set(alarm_for(taken, services.retention))
    waited_s = (now - waiting_since(job)).total_seconds()
    failpoints.reached(Point.CLAIMED)
    log_action(Line(Action.CLAIMED, taken, "queue", waited_s), "attempt %d begins", taken.attempts)
    _run(services, claim)


def _still_leased(services: Services, job: Job) -> Job:
    """As claimed, or with a new lease where storage was silent for longer than the first."""
    now = services.clock()
    if job.is_leased(now):
        return job
    return with_heartbeat(job, now, services.lease, Stage.DOWNLOADING, 0.0)


def _run(services: Services, claim: Claim) -> None:
    """The one place that catches everything: whatever goes wrong, the row tells."""
    try:
        _work_or_make_way(services, claim)
    except FencedError:
        _log_fenced(claim)
    except Exception as error:  # noqa: BLE001 -- every failure must reach the row
        _settle(services, claim, error)


def _work_or_make_way(services: Services, claim: Claim) -> None:
    try:
        with claim.heartbeats():
            if not (claim.job.attempts > 1 and adopt_result(services, claim)):
                download_compress_store(services, claim)
    except UploadChangedError:
        line = Line(Action.SUPERSEDED, claim.job, claim.stage, claim.age_s)
        log_action(line, "the upload was replaced by a newer one")
        successor = accept_blob(services, claim.job.blob_name)
        if successor is None or successor.upload_etag == claim.job.upload_etag:
            raise SourceGoneError from None  # the newer one is gone, too


def _settle(services: Services, claim: Claim, error: Exception) -> None:
    """Retry or give up; row first, then message. A fenced attempt leaves it to the new owner.

    An attempt that lives insists on being heard: one that ends without a word counts as a death.
    """
    job, stage, now = claim.job, claim.stage, services.clock()
    if job.is_settled:
        # The result is stored: what is left to do is the sweep's, and no reason to undo it.
        line = Line(Action.UPLOAD_KEPT, job, stage, claim.age_s, error)
        log_action(line, "completed, but its upload could not be deleted yet (%s)", error)
        return
    if services.shutdown.is_requested:
        # Whatever it was, it may be what comes of ending this process.
        _hand_back(services, claim)
        return
    decision = verdict(
        error,
        job.attempts_counted,
        services.settings.max_retry_attempts,
        random.random(),  # noqa: S311 -- spreads retries, guards nothing
    )
    try:
        if isinstance(decision, GiveUp):
            _give_up(services, claim, decision.reason, now)
            log_action(Line(Action.FAILED, job, stage, claim.age_s, error), "failed (%s)", error)
            tell_end(services, claim.job)
        else:
            at = now + decision.after
            queued = claim.insist(lambda job: requeued(job, decision.reason, at, now))
            failpoints.reached(Point.RETRY_ROW)
            services.send_message(queued, at - services.clock())
            failpoints.reached(Point.RETRY_MESSAGE)
            line = Line(Action.REQUEUED, job, stage, claim.age_s, error)
            log_action(line, "will be tried again at %s (%s)", f"{at:%H:%M:%S}Z", error)
    except FencedError:
        _log_fenced(claim)


def _give_up(services: Services, claim: Claim, reason: MediaProcessorError, now: datetime) -> None:
    is_told = is_owed(services, claim.job, EventType.JOB_FAILED)
    claim.insist(lambda job: failed(job, reason, now, unpublished=is_told))


def _hand_back(services: Services, claim: Claim) -> None:
    """As a failure that is not the job's: another worker may claim it at once."""
    stage, now = claim.stage, services.clock()
    try:
        queued = claim.insist(lambda job: handed_back(job, WorkerStoppedError(), now))
        failpoints.reached(Point.RELEASED)
        services.send_message(queued)
        line = Line(Action.HANDED_BACK, queued, stage, claim.age_s)
        log_action(line, "handed back, as this worker is to end")
    except FencedError:
        _log_fenced(claim)


def _log_fenced(claim: Claim) -> None:
    line = Line(Action.FENCED, claim.job, claim.stage, claim.age_s)
    log_action(line, "another attempt or upload owns it")
