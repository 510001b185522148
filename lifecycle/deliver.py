"""The result reaches its container and is verified there; only then is the upload deleted."""

import time
from dataclasses import replace
from urllib.parse import quote, unquote

from errors import StorageUnavailableError
from integrations.blobs import Delivery, OnPiece, Output, OutputExistsError, sha256_of
from jobs.job import Job, Outcome, Status
from jobs.naming import processed_name
from lifecycle import failpoints
from lifecycle.claim import DELIVERING, Claim
from lifecycle.failpoints import Point
from lifecycle.log_line import Action, Line, since, tell
from lifecycle.services import Services
from processing.compress import Rendition

# Two names, and a second look at each for results that were being replaced meanwhile.
STORE_TRIES = 4
# Metadata holds 8 KiB in all, and a letter may take twelve bytes when it is escaped.
LONGEST_NOTES = 400
# From where on these steps are, in percent of the attempt.
STORING, READING_BACK = 90, 95


def deliver(services: Services, claim: Claim, rendition: Rendition) -> None:
    """Stores the rendition, re-reads it, completes the row, deletes the upload; in this order.

    A crash between any two steps costs a repeat, never a loss. Raises FencedError when the job was
    lost; what was stored by then is adopted by the new owner or removed by the sweep.
    """
    started_s = time.monotonic()
    claim.report(DELIVERING, STORING)
    digest = sha256_of(rendition.path)
    output = _store(services, claim, rendition, digest)
    failpoints.reached(Point.STORED)
    on_piece = _reporter(claim, READING_BACK, output.size_bytes)
    if services.blobs.stored_sha256(output, on_piece) != digest:
        raise StorageUnavailableError("The stored result differs from the one that was sent.")
    failpoints.reached(Point.VERIFIED)
    line = Line(Action.STORED, claim.job, "delivering", since(started_s))
    tell(line, "stored as %s and read back", output.name)
    _complete(services, claim, output)


def adopt(services: Services, claim: Claim) -> bool:
    """Completes the job with what an earlier attempt stored, if that is whole; else False.

    Marked as ours first: an attempt that lost the job may still be about to replace it. And looked
    at before the row is written, as in _store: who lost the job after its look marks nothing.
    """
    name = claim.job.processed_blob_name
    found = services.blobs.output(name) if name else None
    if found is None or not _is_of_this_upload(found, claim.job):
        return False
    _announce(services, claim, found.name)
    output = services.blobs.mark(found, attempt=claim.job.attempt_id or "")
    if output is None:
        return False
    on_piece = _reporter(claim, READING_BACK, output.size_bytes)
    if services.blobs.stored_sha256(output, on_piece) != output.metadata.get("sha256"):
        # With our mark on it, it would pass for what this attempt is about to store.
        services.blobs.delete_output(output.name, output.etag)
        return False
    failpoints.reached(Point.ADOPTED)
    line = Line(Action.ADOPTED, claim.job, "delivering", claim.age_s)
    tell(line, "%s, stored by an earlier attempt, is whole", output.name)
    _complete(services, claim, output)
    return True


def finish(services: Services, job: Job) -> None:
    """Deletes the upload of a completed job, never a newer one; harmless to repeat."""
    if job.status is not Status.COMPLETED:
        return
    started_s = time.monotonic()
    if services.blobs.delete_upload(job.blob_name, job.upload_etag):
        line = Line(Action.UPLOAD_DELETED, job, "delivering", since(started_s))
        tell(line, "upload deleted after delivery")


def _store(services: Services, claim: Claim, rendition: Rendition, digest: str) -> Output:
    """Under the plain name, or with a mark when another job's result has that."""
    job = claim.job
    tell_apart, replaces = False, None
    on_piece = _reporter(claim, STORING, rendition.path.stat().st_size)
    for _ in range(STORE_TRIES):
        name = processed_name(job.blob_name, rendition.extension, tell_apart=tell_apart)
        # Announced before it is committed: a new attempt knows what to look for, and an attempt
        # that lost its job learns so before it can replace anything.
        _announce(services, claim, name)
        failpoints.reached(Point.ANNOUNCED)
        marks = _marks(job, rendition, digest)
        delivery = Delivery(name, rendition.path, rendition.content_type, marks)
        try:
            return services.blobs.store(delivery, replaces, on_piece)
        except OutputExistsError:
            replaces = services.blobs.output(name)
        except StorageUnavailableError:
            replaces = services.blobs.output(name)
            if not _is_of_this_attempt(replaces, job):
                raise
        if replaces and _is_of_this_attempt(replaces, job):
            return replaces  # its answer was lost on the way
        if replaces and replaces.metadata.get("job") != job.key:
            tell_apart, replaces = True, None
    raise StorageUnavailableError("The name of the result is contested.")


def _reporter(claim: Claim, percent: int, size_bytes: int) -> OnPiece:
    """Each way of the result, there and back, is five percent of the attempt."""
    return lambda done: claim.report(DELIVERING, percent + 5 * done / max(1, size_bytes))


def _is_of_this_attempt(output: Output | None, job: Job) -> bool:
    return output is not None and output.metadata.get("attempt") == job.attempt_id


def _announce(services: Services, claim: Claim, name: str) -> None:
    now = services.clock()
    claim.update(
        lambda job: replace(
            job.beaten("delivering", 90, now, services.lease), processed_blob_name=name
        )
    )


def _marks(job: Job, rendition: Rendition, digest: str) -> dict[str, str]:
    """Whose result it is and what to say of it, for who adopts or clears it; ASCII, none empty."""
    marks = {
        "job": job.key,
        "upload_etag": job.upload_etag,
        "attempt": job.attempt_id or "",
        "sha256": digest,
        "passthrough": quote(rendition.passthrough_reason or ""),
        "notes": quote(" ".join(rendition.notes)[:LONGEST_NOTES]),
    }
    return {name: mark for name, mark in marks.items() if mark}


def _is_of_this_upload(output: Output, job: Job) -> bool:
    marks = output.metadata
    return marks.get("job") == job.key and marks.get("upload_etag") == job.upload_etag


def _complete(services: Services, claim: Claim, output: Output) -> None:
    now = services.clock()
    started = claim.job.processing_started_at or now
    outcome = Outcome(
        processed_blob_name=output.name,
        output_url=output.url,
        output_etag=output.etag,
        original_size=claim.job.file_size,
        compressed_size=output.size_bytes,
        processing_time=round((now - started).total_seconds(), 3),
        format=output.name.rpartition(".")[2],
        passthrough=unquote(output.metadata.get("passthrough", "")) or None,
        notes=unquote(output.metadata.get("notes", "")) or None,
    )
    job = claim.update(lambda job: job.completed(outcome, now))
    failpoints.reached(Point.COMPLETED)
    tell(
        Line(Action.COMPLETED, job, "delivering", outcome.processing_time),
        "completed: %d to %d bytes in %.1f s",
        outcome.original_size,
        outcome.compressed_size,
        outcome.processing_time,
        file_type=job.file_type,
        compression_ratio=outcome.compression_ratio,
    )
    finish(services, job)
    failpoints.reached(Point.UPLOAD_DELETED)
