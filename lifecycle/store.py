"""The result reaches its container and is verified there; only then is the upload deleted."""

import time

from errors import StorageUnavailableError
from integrations.blob_versions import OnPiece
from integrations.results import NewResult, ResultExistsError, StoredResult, sha256_of
from jobs.event import EventType
from jobs.job import Job, Status
from jobs.marks import Marks
from jobs.naming import processed_name
from jobs.result import Result
from jobs.stage import READING_BACK, UPLOAD_OF_RESULT, Share, Stage
from jobs.transitions import announced, completed
from lifecycle import failpoints
from lifecycle.claim import Claim
from lifecycle.failpoints import Point
from lifecycle.log_line import Action, Line, log_action, since
from lifecycle.publish import is_owed, tell_end
from lifecycle.services import Services
from media_facts import MediaFacts
from notes import decode_notes
from processing.rendition import Rendition

# Two names, and a second look at each for results that were being replaced meanwhile.
STORE_TRIES = 4


def store_result(services: Services, claim: Claim, rendition: Rendition) -> None:
    """Stores the rendition, re-reads it, completes the row, deletes the upload; in this order.

    A crash between any two steps costs a repeat, never a loss. Raises FencedError when the job was
    lost; what was stored by then is adopted by the new owner or removed by the sweep.
    """
    started_s = time.monotonic()
    claim.report(Stage.STORING, UPLOAD_OF_RESULT.begin)
    digest = sha256_of(rendition.path)
    stored = _store(services, claim, rendition, digest)
    failpoints.reached(Point.STORED)
    on_piece = _reporter(claim, READING_BACK, stored.size_bytes)
    if services.results.stored_sha256(stored, on_piece) != digest:
        raise StorageUnavailableError("The stored result differs from the one that was sent.")
    failpoints.reached(Point.VERIFIED)
    line = Line(Action.STORED, claim.job, Stage.STORING, since(started_s))
    log_action(line, "stored as %s and read back", stored.name)
    _complete(services, claim, stored)


def adopt_result(services: Services, claim: Claim) -> bool:
    """Completes the job with what an earlier attempt stored, if that is whole; else False.

    Marked as ours first: an attempt that lost the job may still be about to replace it. And read
    before the row is written, as in _store: an attempt that lost the job after that marks nothing.
    """
    name = claim.job.result_name
    found = services.results.get(name) if name else None
    if found is None or not found.marks.is_as_asked(claim.job):
        return False
    _announce(services, claim, found.name)
    stored = services.results.mark(found, found.marks.taken_over_by(claim.job))
    if stored is None:
        return False
    on_piece = _reporter(claim, READING_BACK, stored.size_bytes)
    if services.results.stored_sha256(stored, on_piece) != stored.marks.sha256:
        # With our mark on it, it would pass for what this attempt is about to store.
        services.results.delete(stored.name, stored.etag)
        return False
    failpoints.reached(Point.ADOPTED)
    line = Line(Action.ADOPTED, claim.job, Stage.STORING, claim.age_s)
    log_action(line, "%s, stored by an earlier attempt, is whole", stored.name)
    _complete(services, claim, stored)
    return True


def delete_upload_of(services: Services, job: Job) -> None:
    """Deletes the upload of a completed job, never a newer one; harmless to repeat.

    Raises BlobLockedError when somebody keeps it from being deleted.
    """
    if job.status is not Status.COMPLETED:
        return
    started_s = time.monotonic()
    if services.uploads.delete(job.blob_name, job.upload_etag):
        line = Line(Action.UPLOAD_DELETED, job, Stage.STORING, since(started_s))
        log_action(line, "upload deleted, as its result is stored")


def _store(services: Services, claim: Claim, rendition: Rendition, digest: str) -> StoredResult:
    """Under the plain name, or with six digits more when another job's result has that."""
    job = claim.job
    tell_apart, replaces = False, None
    on_piece = _reporter(claim, UPLOAD_OF_RESULT, rendition.path.stat().st_size)
    for _ in range(STORE_TRIES):
        name = processed_name(job.blob_name, rendition.extension, tell_apart=tell_apart)
        # Announced before it is committed: a new attempt knows what to look for, and an attempt
        # that lost its job learns so before it can replace anything.
        _announce(services, claim, name)
        failpoints.reached(Point.ANNOUNCED)
        marks = Marks.of(job, digest, rendition.passthrough_reason, rendition.notes)
        marks = marks.telling(rendition.before, rendition.after)
        new = NewResult(name, rendition.path, rendition.content_type, marks)
        try:
            return services.results.store(new, replaces, on_piece)
        except ResultExistsError:
            replaces = services.results.get(name)
        except StorageUnavailableError:
            replaces = services.results.get(name)
            if not (replaces and replaces.marks.is_of_attempt(job)):
                raise
        if replaces and replaces.marks.is_of_attempt(job):
            return replaces  # its answer was lost on the way
        if replaces and not replaces.marks.is_of_job(job):
            tell_apart, replaces = True, None
    raise StorageUnavailableError("The name of the result is contested.")


def _reporter(claim: Claim, share: Share, size_bytes: int) -> OnPiece:
    return lambda done: claim.report(Stage.STORING, share.percent(done / max(1, size_bytes)))


def _announce(services: Services, claim: Claim, name: str) -> None:
    now = services.clock()
    claim.update(lambda job: announced(job, name, now, services.lease))


def _complete(services: Services, claim: Claim, stored: StoredResult) -> None:
    now = services.clock()
    started = claim.job.processing_started_at or now
    result = Result(
        name=stored.name,
        url=stored.url,
        etag=stored.etag,
        original_size=claim.job.file_size,
        compressed_size=stored.size_bytes,
        processing_time=max(0.0, round((now - started).total_seconds(), 3)),
        format=stored.name.rpartition(".")[2],
        passthrough=stored.marks.passthrough or None,
        notes=decode_notes(stored.marks.notes),
        before=MediaFacts.decode(stored.marks.before),
        after=MediaFacts.decode(stored.marks.after),
    )
    is_told = is_owed(services, claim.job, EventType.JOB_COMPLETED)
    job = claim.update(lambda job: completed(job, result, now, unpublished=is_told))
    failpoints.reached(Point.COMPLETED)
    log_action(
        Line(Action.COMPLETED, job, Stage.STORING, result.processing_time),
        "completed: %d to %d bytes in %.1f s",
        result.original_size,
        result.compressed_size,
        result.processing_time,
        file_type=job.file_type,
        compression_ratio=result.compression_ratio,
    )
    tell_end(services, job)
    delete_upload_of(services, job)
    failpoints.reached(Point.UPLOAD_DELETED)
