"""One run at a job: claim, download, compress, deliver, and a verdict when that fails."""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

from errors import SourceGoneError, StorageUnavailableError, WorkerStoppedError
from integrations.alarms import Kind
from integrations.blobs import UploadChangedError
from jobs.due import LEASE_GRACE, due_at, waits_since
from jobs.job import FencedError, Job
from jobs.message import JobMessage
from jobs.retry import GiveUp, is_exhausted, is_last_chance, verdict
from lifecycle import failpoints
from lifecycle.claim import Claim
from lifecycle.come_back import EARLY, come_back
from lifecycle.deliver import adopt, deliver, finish
from lifecycle.failpoints import Point
from lifecycle.intake import accept_blob
from lifecycle.log_line import Action, Line, since, tell
from lifecycle.services import Services, log
from lifecycle.work_folder import work_folder
from processing.compress import Options, Progress, Rendition, compress

LONGEST_WAIT_FOR_A_TURN = timedelta(minutes=30)


def run_attempt(services: Services, message: JobMessage) -> None:
    """Does what the job needs now, which may be nothing; returns when the row says the result.

    Safe to run twice and at the same time: the row decides, and only the holder of the claim acts.
    Does not begin when this process is to end: the host delivers the message again after that.
    """
    with services.stopping.attempt():
        _act(services, message)


def _act(services: Services, message: JobMessage) -> None:
    job = services.jobs.get(message.blob_name)
    if job is None:
        accept_blob(services, message.blob_name)
        return
    if job.is_settled:
        finish(services, job)
        return
    if at := _not_before(job, services.clock()):
        try:
            come_back(services, job, at)
        except FencedError:
            _act(services, message)  # the row changed at this moment: look again
    else:
        _claim_and_run(services, job)


def _not_before(job: Job, now: datetime) -> datetime | None:
    """When the job may be claimed, or None when that is now."""
    if job.is_leased(now) and job.lease_until:
        return job.lease_until + LEASE_GRACE
    if job.next_attempt_at and job.next_attempt_at - now > EARLY:
        return job.next_attempt_at
    return None


def _claim_and_run(services: Services, job: Job) -> None:
    """When it is the job's turn; else its message comes back.

    One at its last chance works alone, or its neighbour's end would be taken for its own. Where it
    finds no idle worker in half an hour, it has to do without.
    """
    is_last = is_last_chance(services.settings.max_retry_attempts, job.deaths)
    has_waited_long = services.clock() - job.updated_at > LONGEST_WAIT_FOR_A_TURN
    is_alone = is_last and not has_waited_long
    with services.turns.taken(services.stopping, alone=is_alone) as is_its_turn:
        if is_its_turn:
            _claim_and_run_now(services, job)
            return
    with suppress(FencedError):
        come_back(services, job, services.clock() + services.lease)


def _claim_and_run_now(services: Services, job: Job) -> None:
    now, max_retries = services.clock(), services.settings.max_retry_attempts
    failpoints.reached(Point.ATTEMPT_BEGUN)
    try:
        if reason := is_exhausted(job.spent, max_retries, job.deaths):
            services.jobs.replace(job.failed(reason, now))
            line = Line(Action.FAILED, job, job.stage or "", 0, reason)
            tell(line, "failed, as %d attempts at it ended without a word", job.deaths)
            return
        claimed = job.claimed(uuid4().hex, now, services.lease)
        services.watch(job.key, due_at(claimed, services.terms), Kind.LEASE)
        failpoints.reached(Point.CLAIM_ALARM)
        claim = Claim(services, claimed)
        claimed = claim.insist(partial(_still_leased, services))
    except FencedError:
        log.info("job of %s was claimed by another worker", job.blob_name)
        return
    if claimed.updated_at > now:
        with suppress(StorageUnavailableError):  # another alarm of the job will ring, but later
            services.watch(job.key, due_at(claimed, services.terms), Kind.LEASE)
    waited_s = (now - waits_since(job)).total_seconds()
    failpoints.reached(Point.CLAIMED)
    tell(Line(Action.CLAIMED, claimed, "queue", waited_s), "attempt %d begins", claimed.attempts)
    _run(services, claim)


def _still_leased(services: Services, claimed: Job) -> Job:
    """As claimed, or with a new lease where storage was silent for longer than the first."""
    now = services.clock()
    if claimed.lease_until is None or claimed.lease_until > now:
        return claimed
    return claimed.beaten("downloading", 0.0, now, services.lease)


def _run(services: Services, claim: Claim) -> None:
    """The one place that catches everything: whatever goes wrong, the row tells."""
    try:
        _work_or_make_way(services, claim)
    except FencedError:
        _tell_fenced(claim)
    except Exception as error:  # noqa: BLE001 -- every failure must reach the row
        _settle(services, claim, error)


def _work_or_make_way(services: Services, claim: Claim) -> None:
    try:
        with claim.heartbeats():
            if not (claim.job.attempts > 1 and adopt(services, claim)):
                _download_compress_deliver(services, claim)
    except UploadChangedError:
        line = Line(Action.SUPERSEDED, claim.job, claim.stage, claim.age_s)
        tell(line, "the upload was replaced by a newer one")
        successor = accept_blob(services, claim.job.blob_name)
        if successor is None or successor.upload_etag == claim.job.upload_etag:
            raise SourceGoneError from None  # the newer one is gone, too


def _download_compress_deliver(services: Services, claim: Claim) -> None:
    job = claim.job
    with (
        work_folder(services.settings.work_dir, job.file_size) as folder,
        services.stopping.working_in(folder),
    ):
        source = folder / "source"
        _download(services, claim, source)
        rendition = _compress(services, claim, source, folder)
        deliver(services, claim, rendition)


def _download(services: Services, claim: Claim, target: Path) -> None:
    job, started_s = claim.job, time.monotonic()
    services.blobs.download(
        job.upload, target, lambda done: claim.report("downloading", 5 * done / job.file_size)
    )
    failpoints.reached(Point.DOWNLOADED)
    line = Line(Action.DOWNLOADED, claim.job, "downloading", since(started_s))
    tell(line, "%d bytes downloaded", job.file_size)


def _compress(services: Services, claim: Claim, source: Path, folder: Path) -> Rendition:
    settings, started_s = services.settings, time.monotonic()
    options = Options(
        profile=settings.compression_profile,
        image_output=settings.image_output,
        video_output=settings.video_output,
        target_quality=settings.target_quality,
        keep_copyright=settings.keep_copyright,
        lighter=claim.job.lighter,
        time_limit_s=settings.max_processing_time_s,
        threads=settings.ffmpeg_threads,
    )
    rendition = compress(source, folder, options, _reporter(claim))
    failpoints.reached(Point.COMPRESSED)
    line = Line(Action.COMPRESSED, claim.job, "encoding", since(started_s))
    tell(line, "compressed to %d bytes", rendition.path.stat().st_size)
    return rendition


def _reporter(claim: Claim) -> Callable[[Progress], None]:
    """Compression is the middle of the attempt: 5 to 90 percent."""
    return lambda progress: claim.report(progress.stage, 5 + 0.85 * progress.percent)


def _settle(services: Services, claim: Claim, error: Exception) -> None:
    """Retry or give up; row first, then message. A fenced attempt leaves it to the new owner.

    Whoever lives insists on being heard: an attempt that ends without a word counts as a death.
    """
    job, stage, now = claim.job, claim.stage, services.clock()
    if job.is_settled:
        # The result is delivered: what is left to do is the sweep's, and no reason to undo it.
        line = Line(Action.UPLOAD_KEPT, job, stage, claim.age_s, error)
        tell(line, "completed, but its upload could not be deleted yet (%s)", error)
        return
    if services.stopping.is_requested:
        # Whatever it was, it may be what comes of ending this process.
        _hand_back(services, claim)
        return
    decision = verdict(
        error,
        job.spent,
        services.settings.max_retry_attempts,
        random.random(),  # noqa: S311 -- spreads retries, guards nothing
    )
    try:
        if isinstance(decision, GiveUp):
            claim.insist(lambda job: job.failed(decision.reason, now))
            tell(Line(Action.FAILED, job, stage, claim.age_s, error), "failed (%s)", error)
        else:
            at = now + decision.after
            requeued = claim.insist(lambda job: job.requeued(decision.reason, at, now))
            failpoints.reached(Point.RETRY_ROW)
            services.wake(requeued, at - services.clock())
            failpoints.reached(Point.RETRY_MESSAGE)
            line = Line(Action.REQUEUED, job, stage, claim.age_s, error)
            tell(line, "will be tried again at %s (%s)", f"{at:%H:%M:%S}Z", error)
    except FencedError:
        _tell_fenced(claim)


def _hand_back(services: Services, claim: Claim) -> None:
    """As a failure that is not the job's: another worker may claim it at once."""
    stage, now = claim.stage, services.clock()
    try:
        released = claim.insist(lambda job: job.released(WorkerStoppedError(), now))
        failpoints.reached(Point.RELEASED)
        services.wake(released)
        line = Line(Action.HANDED_BACK, released, stage, claim.age_s)
        tell(line, "handed back, as this worker is to end")
    except FencedError:
        _tell_fenced(claim)


def _tell_fenced(claim: Claim) -> None:
    line = Line(Action.FENCED, claim.job, claim.stage, claim.age_s)
    tell(line, "another attempt or upload owns it")
