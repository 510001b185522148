"""Intake, the sweep and the verdicts with a step missing or in the wrong order."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from integrations.blobs import Output

from errors import StorageUnavailableError, WorkerLostError
from integrations.alarm_table import AlarmTable
from integrations.storage_time import StorageTime
from jobs import transitions
from jobs.alarm import Alarm, Retention, due_at
from jobs.job import FencedError, Job, Upload, new_job
from jobs.retry import GiveUp
from lifecycle import attempt, bury, deliver, intake, look, rescue, sweep
from lifecycle.claim import Claim
from lifecycle.services import Services
from tests.chaos.simulation import clients
from tests.chaos.simulation.mutations.registry import MUTATIONS, mutation, replaced


@mutation(intake, "_repeat")
def an_answered_upload_is_started_again(services: Services, job: Job) -> Job:
    fresh = replace(new_job(job.upload, services.clock()), row_etag=job.row_etag)
    started = services.jobs.replace(fresh)
    services.send_message(started)
    return started


@mutation(intake, "accept_upload")
def an_upload_is_taken_in_as_it_was_seen(
    services: Services, upload: Upload, *, again: bool = False
) -> Job:
    for _ in range(intake.RECORD_TRIES):
        known = services.jobs.get(upload.blob_name)
        if known and known.upload_etag == upload.etag:
            return intake._repeat(services, known)
        with suppress(FencedError):
            return intake._start(services, upload, known)
    raise StorageUnavailableError


@mutation(sweep, "_check_upload")
def an_upload_is_taken_in_as_it_was_listed(services: Services, upload: Upload) -> None:
    job = services.jobs.get(upload.blob_name)
    if job is None or job.upload_etag != upload.etag:
        intake._start(services, upload, job)


@mutation(clients, "current_job")
def a_poller_is_told_of_the_older_upload(services: Services, blob_name: str) -> Job | None:
    return services.jobs.get(blob_name)


@mutation(attempt, "postpone")
def every_copy_of_a_message_sends_another(services: Services, job: Job, at: datetime) -> None:
    services.send_message(job, at - services.clock())


@mutation(look, "_expire")
def a_row_expires_before_its_blobs(services: Services, job: Job) -> look.Outcome:
    _, following = look._moved_to_history(services, job)
    deliver.finish(services, job)
    if job.processed_blob_name and job.output_etag:
        services.results.delete(job.processed_blob_name, job.output_etag)
    return "results expired", following


@mutation(look, "_forget_failure")
def a_failed_row_goes_before_its_upload(services: Services, job: Job) -> look.Outcome:
    _, following = look._moved_to_history(services, job)
    services.uploads.delete(job.blob_name, job.upload_etag)
    return "failures forgotten", following


@mutation(look, "_moved_to_history")
def a_row_goes_before_it_is_history(services: Services, job: Job) -> tuple[Job, Alarm]:
    if not services.jobs.delete(job):
        raise FencedError(job.blob_name)
    expired = transitions.expired(job, services.clock())
    following = look._watched(services, expired)
    services.history.put(expired)
    return expired, following


@mutation(sweep, "_check_output")
def the_sweep_deletes_results_by_age_alone(services: Services, output: Output) -> None:
    if services.clock() - output.stored_at > services.retention.result:
        services.results.delete(output.name, output.etag)


@mutation(look, "due_at")
def jobs_expire_at_once(job: Job, terms: Retention) -> datetime:
    return job.updated_at if job.is_settled else due_at(job, terms)


@mutation(look, "_wake")
def nobody_wakes_forgotten_jobs(services: Services, job: Job) -> look.Outcome:
    return None, look._watched(services, job)


@mutation(Services, "watch")
def nobody_sets_an_alarm(services: Services, job_key: str, at: datetime, *_: Any) -> None:
    return None


@mutation(AlarmTable, "set")
def no_alarm_is_ever_set(alarms: AlarmTable, alarm: Alarm) -> None:
    return None


@mutation(rescue, "take")
def the_quick_timer_does_nothing(*_: Any) -> Counter[str]:
    return Counter()


@mutation(sweep, "_check_upload")
def nobody_takes_in_forgotten_uploads(services: Services, upload: Upload) -> None:
    return None


@mutation(sweep, "_check_output")
def nobody_clears_ownerless_results(services: Services, output: Output) -> None:
    return None


@contextmanager
def nobody_removes_abandoned_folders() -> Iterator[None]:
    with (
        replaced(sweep, "remove_abandoned", lambda root: 0),
        replaced(rescue, "remove_abandoned", lambda root: 0),
    ):
        yield


MUTATIONS["nobody_removes_abandoned_folders"] = nobody_removes_abandoned_folders


@mutation(attempt, "verdict")
def nothing_is_tried_again(error: Any, attempt: int, max_retries: int, jitter: float) -> GiveUp:
    return GiveUp(error if hasattr(error, "code") else StorageUnavailableError())


@mutation(attempt, "is_exhausted")
def a_deadly_file_is_tried_for_ever(attempts: int, max_retries: int, deaths: int) -> None:
    return None


@mutation(bury, "is_exhausted")
def poison_ends_a_job_at_once(attempts: int, max_retries: int, deaths: int = 0) -> Any:
    return WorkerLostError()


@mutation(StorageTime, "learn")
def every_machine_goes_by_its_own_clock(time: StorageTime, *answer: datetime) -> None:
    return None


@mutation(Job, "released")
def an_attempt_that_is_handed_back_counts(job: Job, reason: Any, now: datetime) -> Job:
    return transitions.requeued(job, reason, now, now)


@mutation(Job, "is_leased")
def leases_are_not_respected(job: Job, now: Any) -> bool:
    return False


@mutation(attempt, "_settle")
def a_failure_after_the_end_undoes_it(services: Services, claim: Claim, error: Exception) -> None:
    now = services.clock()
    claim.update(lambda job: transitions.requeued(job, StorageUnavailableError(), now, now))
