"""Rows written without looking, and claims that do not notice that they were lost."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from azure.data.tables import UpdateMode

from errors import StorageUnavailableError
from integrations import tracking
from integrations.tracking import JobTable
from jobs.job import FencedError, Job, Status
from lifecycle.claim import Claim
from tests.chaos.simulation.mutations.registry import MUTATIONS, mutation, replaced


def blind_write(table: JobTable, job: Job) -> Job:
    """Whatever the row is by now."""
    with tracking.storage_errors():
        answer = table._table.upsert_entity(tracking._entity(job), mode=UpdateMode.REPLACE)
    return replace(job, row_etag=answer["etag"])


def blind(name: str, when: Callable[[Job], bool]) -> None:
    """A mutation by which rows are written without if-match in one case."""
    real = JobTable.replace

    def stand_in(table: JobTable, job: Job, **options: Any) -> Job:
        return blind_write(table, job) if when(job) else real(table, job, **options)

    MUTATIONS[name] = lambda: replaced(JobTable, "replace", stand_in)


def is_claim(job: Job) -> bool:
    return job.status is Status.PROCESSING and job.processing_started_at == job.updated_at


blind("a_claim_ignores_other_claims", is_claim)
blind(
    "a_heartbeat_ignores_the_fence",
    lambda job: job.status is Status.PROCESSING and not is_claim(job),
)
blind("completion_ignores_the_fence", lambda job: job.status is Status.COMPLETED)
blind("a_retry_ignores_the_fence", lambda job: job.status is Status.QUEUED and job.attempts > 0)
blind("giving_up_ignores_the_fence", lambda job: job.status is Status.FAILED)
blind(
    "an_upload_replaces_a_row_unseen", lambda job: job.status is Status.QUEUED and not job.attempts
)


@mutation(JobTable, "insert")
def a_second_row_replaces_the_first(table: JobTable, job: Job) -> Job:
    try:
        return blind_write(table, job)
    except tracking.ResourceNotFoundError:
        table.create()
        raise StorageUnavailableError from None


@mutation(JobTable, "_own_write")
def a_refused_write_passes_for_an_own_one(table: JobTable, job: Job, failure: Exception) -> Job:
    if stored := table.get(job.blob_name):
        return replace(job, row_etag=stored.row_etag)
    raise failure


@mutation(JobTable, "delete")
def a_row_is_deleted_in_any_version(table: JobTable, job: Job) -> bool:
    with tracking.storage_errors():
        table._table.delete_entity(tracking.PARTITION, job.key)
    return True


@mutation(Claim, "_written")
def a_lost_claim_is_taken_back(claim: Claim, transition: Callable[[Job], Job], **_: Any) -> Job:
    jobs = claim._services.jobs
    try:
        return jobs.replace(transition(claim._job))
    except FencedError:
        stored = jobs.get(claim._job.blob_name)
        if stored is None:
            raise
        return jobs.replace(replace(transition(claim._job), row_etag=stored.row_etag))


@mutation(Claim, "update")
def a_fenced_attempt_goes_on(claim: Claim, transition: Callable[[Job], Job], **_: Any) -> Job:
    with claim._lock:
        try:
            claim._job = claim._written(transition)
        except FencedError:
            claim._job = transition(claim._job)
        return claim._job


@mutation(Claim, "_beaten")
def a_heartbeat_goes_on_after_the_end(claim: Claim, job: Job) -> Job:
    services = claim._services
    return job.beaten(claim._stage, claim._progress, services.clock(), services.lease)


@mutation(Claim, "_beat_until")
def no_heartbeat_is_sent(claim: Claim, stop: Any) -> None:
    stop.wait()
