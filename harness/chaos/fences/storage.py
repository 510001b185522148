"""Fences of what is read, written and deleted in storage: each in its version, each looked after.

In these files a fence without a test of its own is one that the checker of histories notices.
"""

from collections.abc import Callable
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, UpdateMode

from errors import StorageUnavailableError
from harness.chaos.fences.edits import (
    condition,
    instead_of,
    raising,
    returning,
    without,
    without_arguments,
    without_except,
)
from harness.chaos.fences.fence import StandIn, as_it_is, at
from harness.chaos.fences.registry import fence
from integrations.alarm_table import AlarmTable
from integrations.blob_versions import only_if
from integrations.job_row import entity_of
from integrations.results import Results, StoredResult
from integrations.storage import storage_errors
from integrations.storage_time import StorageTime
from integrations.tracking import JobTable
from integrations.uploads import Uploads
from jobs.job import Job, Status
from jobs.upload import Upload

replace_row, download = as_it_is(JobTable.replace), as_it_is(Uploads.download)


def written_blindly(table: JobTable, job: Job, **_: Any) -> Job:
    """Whatever the row is by now."""
    with storage_errors():
        answer = table._table.upsert_entity(entity_of(job), mode=UpdateMode.REPLACE)
    return job.in_version(answer["etag"])


def inserted_blindly(table: JobTable, job: Job) -> Job:
    try:
        return written_blindly(table, job)
    except ResourceNotFoundError:
        table.create()
        raise StorageUnavailableError from None


def deleted_blindly(blobs: Uploads | Results, name: str, _: str) -> bool:
    client = blobs._container.get_blob_client(name)
    try:
        with storage_errors():
            client.delete_blob(delete_snapshots="include")
    except ResourceNotFoundError:
        return False
    return True


def downloaded_blindly(uploads: Uploads, upload: Upload, *rest: Any) -> None:
    download(uploads, uploads.get(upload.blob_name) or upload, *rest)


def digest_of_its_marks(_: Results, stored: StoredResult, *__: Any) -> str:
    return stored.marks.sha256


def blind(name: str, when: Callable[[Job], bool]) -> None:
    """Rows are written without if-match in one case."""

    def replaced(table: JobTable, job: Job, **options: Any) -> Job:
        return (written_blindly if when(job) else replace_row)(table, job, **options)

    fence(name, StandIn(JobTable.replace, replaced))


def is_claim(job: Job) -> bool:
    return job.status is Status.PROCESSING and job.processing_started_at == job.updated_at


blind("a claim ignores other claims", is_claim)
blind(
    "a heartbeat ignores the fence",
    lambda job: job.status is Status.PROCESSING and not is_claim(job),
)
blind("completion ignores the fence", lambda job: job.status is Status.COMPLETED)
blind("a retry ignores the fence", lambda job: job.status is Status.QUEUED and job.attempts > 0)
blind("giving up ignores the fence", lambda job: job.status is Status.FAILED)
blind(
    "an upload replaces a row unseen", lambda job: job.status is Status.QUEUED and not job.attempts
)
fence("a second row replaces the first", StandIn(JobTable.insert, inserted_blindly))
fence(
    "a row is replaced in any version",
    at(JobTable.replace, without_arguments(TableClient.update_entity, "etag", "match_condition")),
)
fence(
    "a row is deleted in any version",
    at(JobTable.delete, without_arguments(TableClient.delete_entity, "etag", "match_condition")),
)
fence(
    "a refused write passes for an own one",
    at(JobTable._own_write, condition("stored", Job.in_version, becomes=True)),
)
fence(
    "a lost answer loses the row",
    at(JobTable._own_write, condition("stored", Job.in_version, becomes=False)),
)
fence(
    "an unanswered row is not looked for",
    at(JobTable.replace, without_except(StorageUnavailableError)),
    test="lifecycle/test_lost_answers.py::test_a_row_that_was_written_is_written",
)
fence(
    "an unanswered new row is not looked for",
    at(JobTable._insert, without_except(StorageUnavailableError)),
    test="lifecycle/test_lost_answers.py::test_a_row_that_was_created_is_created",
)
fence(
    "a refused row is not compared",
    at(JobTable.replace, raising(JobTable._own_write)),
    test="integrations/test_unreliable_storage.py"
    "::test_a_row_that_was_replaced_is_known_as_our_own",
)
fence(
    "a refused new row is not compared",
    at(JobTable._insert, raising(JobTable._own_write)),
    test="integrations/test_unreliable_storage.py"
    "::test_a_row_is_inserted_once_whatever_becomes_of_the_first_try",
)

fence("blobs are taken in any version", at(only_if, returning("{}")))
fence("a result replaces any version", at(Results.store, without(only_if)))
fence("any version of a result is marked", at(Results.mark, without(only_if)))
fence("any version of a result is read", at(Results.stored_sha256, without(only_if)))
fence("any version of an upload is read", at(Uploads.download, without(only_if)))
fence("an upload is deleted in any version", StandIn(Uploads.delete, deleted_blindly))
fence("a result is deleted in any version", StandIn(Results.delete, deleted_blindly))
fence("any version is downloaded", StandIn(Uploads.download, downloaded_blindly))
fence(
    "a part of an upload passes for it",
    at(Uploads.download, condition("st_size", "size_bytes", becomes=False)),
)
fence(
    "a result is stored over another",
    at(Results.store, condition("replaces", becomes=True, nth=0), without(only_if)),
)
fence("a result is never read back", StandIn(Results.stored_sha256, digest_of_its_marks))
fence("every file waits in one lane", at(Job.priority, returning("Priority.NORMAL")))
fence("no alarm is ever set", at(AlarmTable.set, returning("None")))
fence(
    "an alarm that nobody can read stays",
    at(AlarmTable.due, without(TableClient.delete_entity)),
    test="integrations/test_alarm_table.py::test_an_entry_that_nobody_can_read_hides_no_other",
)
fence("every machine goes by its own clock", at(StorageTime.learn, returning("None")))
fence(
    "a clock that is behind is believed",
    at(StorageTime.learn, instead_of(max, "self._storage_is_ahead")),
    test="lifecycle/test_wrong_clock.py"
    "::test_what_a_machine_behind_claims_is_claimed_until_the_true_time",
)
