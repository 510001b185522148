"""How a job begins, and how one is shown whose attempt vanished."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

from errors import EmptyFileError, WorkerLostError
from jobs import transitions
from jobs.contract import Contract, IngestRecord
from jobs.job import Job, Status
from jobs.timeline import Transition

from .changes import FIRST, LOST_ONE, PROCESSING, QUEUED, WORKING
from .samples import BEGIN, FULL, NOW, ORDER, UPLOAD
from .test_transitions import differences


def as_fields(job: Job) -> dict[str, Any]:
    return {field.name: getattr(job, field.name) for field in fields(Job)}


UNSET = (
    "external_id",
    "organization_id",
    "lease",
    "next_attempt_at",
    "stage",
    "progress",
    "processing_started_at",
    "completed_at",
    "failed_at",
    "result_name",
    "result",
    "error_code",
    "error_message",
    "confirmed_at",
    "keep_until",
    "deleted_at",
    "row_etag",
)


def test_a_job_begins_with_these_fields() -> None:
    before, delay = (Transition(BEGIN, "expired", 1),), timedelta(seconds=30)

    job = transitions.created(UPLOAD, ORDER, NOW, delay=delay, before=before)

    assert as_fields(job) == dict.fromkeys(UNSET) | {
        "blob_name": "a/film.mp4",
        "status": QUEUED,
        "upload_etag": "0x1",
        "file_size": 5_000_000,
        "file_type": "mp4",
        "created_at": NOW,
        "updated_at": NOW,
        "enqueued_at": NOW + delay,
        "order": ORDER,
        "contract": Contract.NONE,
        "attempts": 0,
        "vanished": 0,
        "handed_back": 0,
        "lighter_steps": 0,
        "upload_kept": False,
        "upload_unwanted": False,
        "unpublished": False,
        "published": (),
        "timeline": (*before, Transition(NOW, "queued", 0, upload_etag="0x1")),
    }


def test_what_came_by_a_contract_says_whose_it_is() -> None:
    new = transitions.created(UPLOAD, ORDER, NOW)
    record = IngestRecord(Contract.VIDEO, "v-1", "org-1", UPLOAD.blob_name, NOW)

    assert differences(new, transitions.sent_under(new, record)) == {
        "contract": Contract.VIDEO,
        "external_id": "v-1",
        "organization_id": "org-1",
    }
    assert transitions.sent_under(new, None) is new


def test_a_refused_upload_is_born_failed_and_an_accepted_one_is_not() -> None:
    new = transitions.created(UPLOAD, ORDER, NOW)

    assert transitions.refused(new, None, NOW) is new
    assert transitions.refused(new, EmptyFileError(), NOW) == transitions.failed(
        new, EmptyFileError(), NOW
    )


def test_the_row_of_an_older_upload_gives_its_version_and_nothing_else() -> None:
    new = transitions.created(UPLOAD, ORDER, NOW)

    assert differences(new, transitions.in_place_of(new, FULL)) == {"row_etag": FULL.row_etag}
    assert transitions.in_place_of(new, None) == new


def test_without_its_attempt_a_job_at_work_waits_and_any_other_is_as_it_was() -> None:
    assert differences(WORKING, transitions.without_its_attempt(WORKING)) == {
        "status": QUEUED,
        "stage": None,
        "progress": None,
        "error_code": WorkerLostError.code,
        "timeline": (*FIRST, LOST_ONE),
    }
    for status in set(Status) - {PROCESSING}:
        other = replace(FULL, status=status)
        assert transitions.without_its_attempt(other) is other
