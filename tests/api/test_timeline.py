"""GET /api/timeline, and what a status says of a job that is gone."""

from datetime import timedelta

import httpx2
import pytest

from errors import CorruptMediaError
from jobs import transitions
from jobs.job import Job
from jobs.upload import Upload
from lifecycle.services import Services


@pytest.fixture
def expired(services: Services, name: str) -> Job:
    now, order = services.clock(), services.settings.default_order
    job = transitions.created(Upload(name, 10, "e1", now), order, now)
    claimed = transitions.claimed(job, "a1", now, timedelta(seconds=45))
    expired = transitions.expired(transitions.failed(claimed, CorruptMediaError(), now), now)
    services.history.put(expired)
    return expired


def test_an_expired_job_answers_410_not_404(client: httpx2.Client, expired: Job) -> None:
    answer = client.get("/api/status", params={"blob_name": expired.blob_name})

    assert (answer.status_code, answer.json()["code"]) == (410, "EXPIRED")
    assert answer.json()["type"] == "expired"


def test_a_new_upload_of_an_expired_name_is_queued(
    client: httpx2.Client, services: Services, expired: Job
) -> None:
    services.uploads._container.upload_blob(expired.blob_name, b"data")

    answer = client.get("/api/status", params={"blob_name": expired.blob_name})

    assert (answer.status_code, answer.json()["status"]) == (200, "queued")


def test_the_timeline_of_an_expired_job_can_be_read(client: httpx2.Client, expired: Job) -> None:
    answer = client.get("/api/timeline", params={"blob_name": expired.blob_name}).json()

    assert (answer["blob_name"], answer["status"]) == (expired.blob_name, "expired")
    assert [
        (each["to"], each["attempt"], each["error_code"]) for each in answer["transitions"]
    ] == [
        ("queued", 0, None),
        ("processing", 1, None),
        ("failed", 1, "CORRUPT"),
        ("expired", 1, None),
    ]
    assert answer["transitions"][0]["upload_etag"] == "e1"


def test_a_timeline_needs_the_key_and_a_name(
    client: httpx2.Client, stranger: httpx2.Client
) -> None:
    unknown = client.get("/api/timeline", params={"blob_name": "never.png"})

    assert stranger.get("/api/timeline", params={"blob_name": "a"}).status_code == 401
    assert client.get("/api/timeline").json()["code"] == "MISSING_BLOB_NAME"
    assert (unknown.status_code, unknown.json()["code"]) == (404, "UNKNOWN_JOB")
