"""The job table: columns as promised, and no write that overwrites another's."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from azure.data.tables import TableServiceClient

from errors import CorruptMediaError, StorageUnavailableError, WorkerStoppedError
from integrations.tracking import JobTable
from jobs import transitions
from jobs.job import FencedError, Job, Status
from jobs.result import Result
from jobs.upload import Upload
from media_facts import MediaFacts
from order import Order
from tests.jobs.samples import ALL_NOTES

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
FILM, PHOTO = MediaFacts(1920, 1080, "hevc", 12.5, 29.97, "aac"), MediaFacts(40, 30, "jpeg")
RESULT = Result("processed-1.mp4", "http://x/processed-1.mp4", "e2", 10, 5, 15.2, "mp4")
ORDER = Order(profile="lms720", retention=7, priority="normal", reference="Kurs €")


def a_job(name: str = "upload-1.mp4", size: int = 6 * 1024**3) -> Job:
    return transitions.created(Upload(name, size, "e1", NOW), ORDER, NOW)


def test_a_row_is_read_back_as_it_was_written(table: JobTable) -> None:
    written = table.insert(a_job())

    assert table.get("upload-1.mp4") == written
    assert written.file_size == 6 * 1024**3
    assert written.created_at == NOW


def test_the_row_holds_the_promised_columns(table: JobTable, storage: str) -> None:
    job = table.insert(a_job())
    job = table.replace(transitions.claimed(job, "a1", NOW, timedelta(seconds=45)))
    table.replace(transitions.completed(job, RESULT, NOW))

    service = TableServiceClient.from_connection_string(storage)
    row = service.get_table_client(table._table.table_name).get_entity("jobs", "upload-1.mp4")

    promised = {
        "status",
        "file_size",
        "file_type",
        "created_at",
        "updated_at",
        "processing_started_at",
        "completed_at",
        "original_size",
        "compressed_size",
        "compression_ratio",
        "processing_time",
        "output_url",
        "processed_blob_name",
        "blob_name",
    }
    assert promised <= set(row)
    assert "error_message" not in row
    assert "attempt_id" not in row
    assert "lease_until" not in row
    assert row["compression_ratio"] == 0.5
    assert json.loads(row["order"]) == ORDER.to_json()


@pytest.mark.parametrize(
    "name", ["a/b/ü 漢字 😀.mp4", "it's #1?.jpg", "50%\\.png", "tab\there", "x" * 1024, "."]
)
def test_any_blob_name_can_be_tracked(table: JobTable, name: str) -> None:
    table.insert(a_job(name))

    found = table.get(name)

    assert found is not None
    assert found.blob_name == name


def test_a_row_is_read_back_as_it_was_written_after_every_step(table: JobTable) -> None:
    job = table.insert(a_job())
    for step in (
        lambda job: transitions.claimed(job, "a1", NOW, timedelta(seconds=45)),
        lambda job: transitions.announced(job, RESULT.name, NOW, timedelta(seconds=45)),
        lambda job: transitions.handed_back(job, WorkerStoppedError(), NOW),
        lambda job: transitions.claimed(job, "a2", NOW, timedelta(seconds=45)),
        lambda job: transitions.completed(
            job, replace(RESULT, notes=ALL_NOTES, passthrough="x", before=FILM, after=PHOTO), NOW
        ),
        lambda job: transitions.expired(job, NOW),
    ):
        job = table.replace(step(job))

        assert table.get(job.blob_name) == job


def test_an_unknown_name_has_no_row(table: JobTable) -> None:
    assert table.get("never-uploaded.mp4") is None


def test_two_inserts_make_one_row(table: JobTable) -> None:
    table.insert(a_job())

    with pytest.raises(FencedError):
        table.insert(replace(a_job(), upload_etag="e9"))


def test_a_repeated_insert_of_our_own_is_no_conflict(table: JobTable) -> None:
    first = table.insert(a_job())

    assert table.insert(a_job()) == first


def test_a_stale_write_is_refused(table: JobTable) -> None:
    job = table.insert(a_job())
    table.replace(transitions.claimed(job, "a1", NOW, timedelta(seconds=45)))

    with pytest.raises(FencedError):
        table.replace(transitions.claimed(job, "a2", NOW, timedelta(seconds=45)))
    assert not table.delete(job)


def test_a_repeated_write_of_our_own_is_no_conflict(table: JobTable) -> None:
    job = table.insert(a_job())
    claimed = transitions.claimed(job, "a1", NOW, timedelta(seconds=45))
    first = table.replace(claimed)

    assert table.replace(claimed) == first


def test_deleting_a_row_twice_is_harmless(table: JobTable) -> None:
    job = table.insert(a_job())

    table.delete(job)
    table.delete(job)

    assert table.get(job.blob_name) is None


def test_jobs_are_found_by_status(table: JobTable) -> None:
    job = table.insert(a_job("failed.mp4"))
    table.replace(transitions.failed(job, CorruptMediaError(), NOW))
    table.insert(a_job("queued.mp4"))

    assert [job.blob_name for job in table.with_status(Status.QUEUED)] == ["queued.mp4"]


def test_a_timeline_comes_back_as_it_was_written(table: JobTable) -> None:
    job = table.insert(a_job())
    failed = table.replace(transitions.failed(job, CorruptMediaError(), NOW))

    stored = table.get(job.blob_name)

    assert stored == failed
    assert [(each.to, each.error_code) for each in failed.timeline] == [
        ("queued", None),
        ("failed", "CORRUPT"),
    ]


def test_the_longest_timeline_fits_its_column(table: JobTable) -> None:
    job = table.insert(a_job())
    for _ in range(300):
        job = transitions.claimed(job, "a1", NOW, timedelta(seconds=45))
        job = transitions.requeued(job, StorageUnavailableError(), NOW, NOW)

    stored = table.replace(job)

    assert table.get(job.blob_name) == stored
    assert len(stored.timeline) == 100


def test_listing_creates_a_missing_table(table: JobTable) -> None:
    assert list(table.with_status(Status.QUEUED)) == []
    table._table.get_table_access_policy()


def test_an_endless_error_text_fits_its_column(table: JobTable) -> None:
    job = table.insert(a_job())

    failed = table.replace(transitions.failed(job, CorruptMediaError("x" * 100_000), NOW))

    stored = table.get(failed.blob_name)
    assert stored is not None
    assert stored.error_message == "x" * 30_000


def test_a_table_that_cannot_be_created_is_an_outage(
    table: JobTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "create", lambda: None)

    with pytest.raises(StorageUnavailableError):
        table.insert(a_job())
