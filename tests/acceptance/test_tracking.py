"""The four boxes of "Job Tracking"."""

from datetime import datetime

import pytest


def test_an_upload_creates_a_job_record(service, photo):
    """Box: Upload file creates job record."""
    service.upload("upload-tracked.png", photo)

    row = service.wait_for("the row", lambda: service.row("upload-tracked.png"))

    assert row["PartitionKey"] == "jobs"
    assert row["blob_name"] == "upload-tracked.png"
    assert row["file_size"].value == photo.stat().st_size
    assert row["file_type"] == "png"
    assert row["status"] in ("queued", "processing", "completed")


def test_the_status_goes_from_queued_over_processing_to_completed(service, crowd):
    """Box: Status changes from queued → processing → completed."""
    whole_way = ["queued", "processing", "completed"]

    names = [name for name in crowd.sources if is_completed(crowd, name)]
    histories = [crowd.histories[name] for name in names]

    # A poll may come too late to see a step, but never sees one out of turn; the timeline has all.
    assert [each for each in histories if each != in_order(each, whole_way)] == []
    assert {name: statuses_of(service.timeline(name)) for name in names} == dict.fromkeys(
        names, whole_way
    )


def statuses_of(timeline):
    return [each["to"] for each in timeline["transitions"]]


def is_completed(crowd, name):
    return crowd.jobs[name]["status"] == "completed"


def in_order(history, order):
    return [each for each in order if each in history]


def test_the_record_holds_sizes_ratio_and_times(service, photo):
    """Box: Metadata stored correctly (sizes, ratios, times)."""
    job = service.completed("measured.png", photo)

    stored = service.output(job["processed_blob_name"])
    assert job["original_size"] == job["file_size"] == photo.stat().st_size
    assert job["compressed_size"] == stored.size < photo.stat().st_size
    assert job["compression_ratio"] == round(stored.size / photo.stat().st_size, 4)
    times = [job[name] for name in ("created_at", "processing_started_at", "completed_at")]
    assert times == sorted(times, key=datetime.fromisoformat)
    assert all(each.endswith("Z") for each in times)
    row = service.row("measured.png")
    took_s = (row["completed_at"] - row["processing_started_at"]).total_seconds()
    assert job["processing_time"] == row["processing_time"] == pytest.approx(took_s, abs=0.01)
    assert row["compressed_size"].value == stored.size
    assert row["compression_ratio"] == job["compression_ratio"]


def test_a_failed_job_says_why(service, crowd):
    """Box: Failed jobs tracked with error messages."""
    answer = service.ask_status("cut off.mp4")

    assert answer.status == 200
    assert answer.json["status"] == "failed"
    assert answer.json["error_code"] == "CORRUPT"
    assert len(answer.json["error_message"]) > 10
    assert answer.json["output_url"] is None
    row = service.row("cut off.mp4")
    assert (row["status"], row["error_message"]) == ("failed", answer.json["error_message"])
