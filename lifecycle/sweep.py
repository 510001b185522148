"""The timer's work: expire results, wake what was forgotten, clear what nobody owns."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from integrations.blobs import Output
from jobs.job import FencedError, Job, Status, Upload
from jobs.message import priority_of
from lifecycle.attempt import LEASE_GRACE
from lifecycle.deliver import finish
from lifecycle.intake import accept_blob
from lifecycle.services import Services, log
from lifecycle.work_folder import remove_abandoned

Item = TypeVar("Item")
# One tick ends before the next begins, whatever there is to do; the rest waits for the next tick.
TICK_LIMIT = timedelta(minutes=4)
# Kept for each later step: one long list must not keep the others from ever being looked at.
STEP_SHARE = timedelta(seconds=20)
# Younger uploads and rows are still on their way through the triggers.
PATIENCE = timedelta(seconds=60)
# A queued row may wait long behind others; its message is only doubted after this.
MESSAGE_DOUBT = timedelta(minutes=30)


def sweep(services: Services) -> Counter[str]:
    """Does one bounded tick; returns how often each action was taken. Safe to run at any time."""
    counts: Counter[str] = Counter()
    if services.jobs.is_reachable():  # its answer sets our clock right, before anything is deleted
        _take_steps(services, counts)
    else:
        counts["ticks without storage"] += 1
    if removed := remove_abandoned(services.settings.work_dir):
        counts["abandoned folders removed"] = removed
    summary = ", ".join(f"{count} {action}" for action, count in sorted(counts.items()))
    log.info("CLEANUP done: %s", summary or "nothing to do", extra={"action": "swept"})
    return counts


def _take_steps(services: Services, counts: Counter[str]) -> None:
    end = services.clock() + TICK_LIMIT
    steps: list[tuple[Iterable[object], Callable[..., str | None]]] = [
        (_expired_jobs(services), lambda job: _expire(services, job)),
        (_forgotten_failures(services), lambda job: _forget_failure(services, job)),
        (services.blobs.uploads(), lambda upload: _rescue_upload(services, upload)),
        (_unsettled_jobs(services), lambda waiting: _rescue_job(services, *waiting)),
        (services.blobs.outputs(), lambda output: _clear_output(services, output)),
    ]
    for steps_left, (items, act) in zip(range(len(steps))[::-1], steps, strict=True):
        counts += _each(services, items, act, end - steps_left * STEP_SHARE)


def _each(
    services: Services,
    items: Iterable[Item],
    act: Callable[[Item], str | None],
    deadline: datetime,
) -> Counter[str]:
    """Every item fails alone; a listing that breaks ends its own step only."""
    counts: Counter[str] = Counter()
    try:
        for item in items:
            if services.clock() > deadline:
                counts["steps postponed"] += 1
                break
            counts.update(_attempted(item, act))
    except Exception:  # noqa: BLE001 -- the other steps must still run
        log.exception("CLEANUP: a listing failed")
        counts["listings failed"] += 1
    return counts


def _attempted(item: Item, act: Callable[[Item], str | None]) -> Iterator[str]:
    try:
        if action := act(item):
            yield action
    except FencedError:
        yield "items changed meanwhile"
    except Exception:  # noqa: BLE001 -- one bad item must not stop the sweep
        log.exception("CLEANUP: %s could not be handled", item)
        yield "items failed"


def _expired_jobs(services: Services) -> Iterator[Job]:
    cutoff = services.clock() - services.retention
    return services.jobs.older_than(Status.COMPLETED, "completed_at", cutoff)


def _expire(services: Services, job: Job) -> str:
    """Blobs first, row last: a crash between them leaves a row that the next tick removes.

    The result goes first: it goes in time also when the upload cannot be deleted. The row stays as
    long as the upload, which would be taken for a new one without it.
    """
    if job.processed_blob_name and job.output_etag:
        services.blobs.delete_output(job.processed_blob_name, job.output_etag)
    finish(services, job)
    services.jobs.delete(job)
    log.info(
        "CLEANUP: %s and the job of %s deleted, %s after completion",
        job.processed_blob_name,
        job.blob_name,
        services.retention,
        extra={"action": "expired", "job": job.key},
    )
    return "results expired"


def _forgotten_failures(services: Services) -> Iterator[Job]:
    cutoff = services.clock() - timedelta(hours=services.settings.failed_retention_hours)
    return services.jobs.older_than(Status.FAILED, "failed_at", cutoff)


def _forget_failure(services: Services, job: Job) -> str:
    services.blobs.delete_upload(job.blob_name, job.upload_etag)
    services.jobs.delete(job)
    log.info("CLEANUP: the failed job of %s and its upload deleted", job.blob_name)
    return "failures forgotten"


def _rescue_upload(services: Services, upload: Upload) -> str | None:
    """An upload without a row was missed by the trigger; one with a completed row was left over."""
    if services.clock() - upload.seen_at < PATIENCE:
        return None
    job = services.jobs.get(upload.blob_name)
    if job is None or job.upload_etag != upload.etag:
        # By name: the listing may be older than the end of that upload's job.
        return "uploads rescued" if accept_blob(services, upload.blob_name) else None
    if job.status is Status.COMPLETED:
        finish(services, job)
        return "uploads of completed jobs deleted"
    return None


def _unsettled_jobs(services: Services) -> Iterator[tuple[Job, frozenset[str]]]:
    """Each with the priorities whose queue was empty before it was read."""
    empty = services.queue.empty_lanes()
    for status in (Status.QUEUED, Status.PROCESSING):
        for job in services.jobs.with_status(status):
            yield job, empty


def is_silent(job: Job, now: datetime, *, queue_is_empty: bool) -> bool:
    """Whether nobody will wake this job any more, or we have reason to doubt it."""
    due_at = max(
        job.updated_at,
        job.enqueued_at,
        job.next_attempt_at or job.updated_at,
        (job.lease_until or job.updated_at) + LEASE_GRACE,
    )
    # A lapsed lease is proof that an attempt died; a queued row may only wait behind others.
    is_certain = queue_is_empty or job.status is Status.PROCESSING
    return now - due_at > (PATIENCE if is_certain else MESSAGE_DOUBT)


def _rescue_job(services: Services, job: Job, empty: frozenset[str]) -> str | None:
    """Wakes a job that is queued without a message, or processing without a heartbeat."""
    queue_is_empty = priority_of(job.file_size) in empty
    if not is_silent(job, services.clock(), queue_is_empty=queue_is_empty):
        return None
    woken = services.jobs.replace(replace(job, enqueued_at=services.clock()))
    services.wake(woken)
    log.warning("CLEANUP: the job of %s had no message; it was woken again", job.blob_name)
    return "jobs woken"


def _clear_output(services: Services, output: Output) -> str | None:
    """A result that no row points to is an abandoned attempt's, or its row expired."""
    if services.clock() - output.stored_at < services.retention:
        return None
    if (key := output.metadata.get("job")) and (job := services.jobs.get_by_key(key)):
        is_the_result = job.processed_blob_name == output.name and (
            job.upload_etag == output.metadata.get("upload_etag")
        )
        if is_the_result and job.status is not Status.FAILED:
            return None  # expires with its row, or will be adopted
    services.blobs.delete_output(output.name, output.etag)
    log.info("CLEANUP: %s deleted, it belongs to no job", output.name)
    return "ownerless results deleted"
