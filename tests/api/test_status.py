"""GET /api/status, as a client polls it."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from errors import CorruptMediaError
from integrations.results import NewResult
from jobs import transitions
from jobs.job import Job
from jobs.marks import Marks
from jobs.result import Result
from jobs.stage import Stage
from jobs.upload import Upload
from lifecycle.services import Services

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
LEASE = timedelta(seconds=45)
TIMESTAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")


@pytest.fixture
def job(services: Services, name: str) -> Job:
    now, order = services.clock(), services.settings.default_order
    return services.jobs.insert(transitions.created(Upload(name, 10, "e1", now), order, now))


def complete(services: Services, job: Job, folder: Path, ago: timedelta = timedelta(0)) -> Job:
    (folder / "result").write_bytes(b"small")
    name = f"processed/{job.key}.webp"
    new = NewResult(name, folder / "result", "image/webp", Marks())
    stored = services.results.store(new, None)
    result = Result(name, stored.url, stored.etag, 10, 5, 15.2, "webp")
    claimed = transitions.claimed(job, "a1", services.clock(), LEASE)
    return services.jobs.replace(transitions.completed(claimed, result, services.clock() - ago))


def test_a_queued_job_has_no_result_yet(client: httpx2.Client, job: Job) -> None:
    answer = client.get("/api/status", params={"blob_name": job.blob_name})

    body = answer.json()
    assert answer.status_code == 200
    assert (body["blob_name"], body["status"]) == (job.blob_name, "queued")
    assert (body["file_size"], body["file_type"]) == (10, "png")
    assert TIMESTAMP.match(body["created_at"])
    assert body["output_url"] is None
    assert body["error_message"] is None
    assert answer.headers["cache-control"] == "no-store"


def test_a_running_job_tells_how_far_it_is(
    client: httpx2.Client, services: Services, job: Job
) -> None:
    now = services.clock()
    claimed = transitions.claimed(job, "a1", now, LEASE)
    services.jobs.replace(transitions.with_heartbeat(claimed, now, LEASE, Stage.ENCODING, 41.5))

    body = client.get("/api/status", params={"blob_name": job.blob_name}).json()

    assert (body["status"], body["stage"], body["progress"]) == ("processing", "encoding", 41.5)
    assert TIMESTAMP.match(body["processing_started_at"])


def test_a_job_whose_worker_died_is_queued_again_when_its_lease_is_over(
    client: httpx2.Client, services: Services, job: Job
) -> None:
    began = services.clock() - timedelta(minutes=5)
    dead = transitions.claimed(job, "a1", began, LEASE)
    services.jobs.replace(transitions.with_heartbeat(dead, began, LEASE, Stage.ENCODING, 41.5))

    asked = {"blob_name": job.blob_name}
    body = client.get("/api/status", params=asked).json()
    past = client.get("/api/timeline", params=asked).json()

    assert (body["status"], body["error_code"], body["attempts"]) == ("queued", "WORKER_LOST", 1)
    assert (body["stage"], body["progress"], body["error_message"]) == (None, None, None)
    assert past["status"] == "queued"
    assert past["transitions"][-1]["error_code"] == "WORKER_LOST"


def test_a_job_is_processing_until_its_lease_is_over(
    client: httpx2.Client, services: Services, job: Job
) -> None:
    silent = services.clock() - timedelta(seconds=40)
    services.jobs.replace(transitions.claimed(job, "a1", silent, LEASE))

    body = client.get("/api/status", params={"blob_name": job.blob_name}).json()

    assert (body["status"], body["error_code"]) == ("processing", None)


def test_a_completed_job_links_to_its_result(
    client: httpx2.Client, services: Services, job: Job, tmp_path: Path
) -> None:
    complete(services, job, tmp_path)

    body = client.get("/api/status", params={"blob_name": job.blob_name}).json()

    assert body["status"] == "completed"
    assert (body["original_size"], body["compressed_size"]) == (10, 5)
    assert (body["compression_ratio"], body["processing_time"]) == (0.5, 15.2)
    assert body["format"] == "webp"
    assert httpx2.get(body["output_url"]).content == b"small"
    assert TIMESTAMP.match(body["completed_at"])


def test_a_link_never_outlives_its_blob(
    client: httpx2.Client, services: Services, job: Job, tmp_path: Path
) -> None:
    complete(services, job, tmp_path)

    body = client.get("/api/status", params={"blob_name": job.blob_name}).json()

    assert body["expires_at"] == body["deletes_at"]
    ends = datetime.fromisoformat(body["expires_at"])
    assert ends - datetime.now(UTC) <= timedelta(minutes=10)
    assert f"se={body['expires_at'].replace(':', '%3A')}" in body["output_url"]


def test_a_job_has_expired_from_the_moment_on_that_its_status_named(
    client: httpx2.Client, services: Services, job: Job, tmp_path: Path
) -> None:
    complete(services, job, tmp_path, ago=timedelta(minutes=10))

    answer = client.get("/api/status", params={"blob_name": job.blob_name})

    assert (answer.status_code, answer.json()["code"]) == (410, "EXPIRED")


def test_so_has_one_that_failed(client: httpx2.Client, services: Services, job: Job) -> None:
    a_day_ago = services.clock() - timedelta(hours=24)
    claimed = transitions.claimed(job, "one", a_day_ago, timedelta(seconds=45))
    services.jobs.replace(transitions.failed(claimed, CorruptMediaError(), a_day_ago))

    answer = client.get("/api/status", params={"blob_name": job.blob_name})

    assert answer.status_code == 410


def test_no_signature_is_stored(services: Services, job: Job, tmp_path: Path) -> None:
    assert "sig=" not in repr(complete(services, job, tmp_path))


def test_a_failed_job_answers_200_with_its_reason(
    client: httpx2.Client, services: Services, job: Job
) -> None:
    services.jobs.replace(transitions.failed(job, CorruptMediaError(), services.clock()))

    answer = client.get("/api/status", params={"blob_name": job.blob_name})

    body = answer.json()
    assert answer.status_code == 200
    assert (body["status"], body["error_code"]) == ("failed", "CORRUPT")
    assert body["error_message"] == CorruptMediaError.default_message()


def test_a_job_waiting_for_another_try_is_not_called_failed(
    client: httpx2.Client, services: Services, job: Job
) -> None:
    now = services.clock()
    claimed = transitions.claimed(job, "a1", now, LEASE)
    again_at = now + timedelta(minutes=2)
    services.jobs.replace(transitions.requeued(claimed, CorruptMediaError(), again_at, now))

    body = client.get("/api/status", params={"blob_name": job.blob_name}).json()

    assert (body["status"], body["error_message"]) == ("queued", None)
    assert body["error_code"] == "CORRUPT"  # why it waits
    assert TIMESTAMP.match(body["next_attempt_at"])


@pytest.mark.parametrize("query", ["", "?blob_name=", "?blobName=x"])
def test_a_request_without_a_name_is_bad(client: httpx2.Client, query: str) -> None:
    answer = client.get(f"/api/status{query}")

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "MISSING_BLOB_NAME"


@pytest.mark.parametrize("route", ["status", "timeline"])
@pytest.mark.parametrize("name", ["..", "a/../b", "./a", "a/.", "n" * 1025, "a\0b"])
def test_a_name_that_no_upload_can_have_is_refused(
    client: httpx2.Client, route: str, name: str
) -> None:
    answer = client.get(f"/api/{route}", params={"blob_name": name})

    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_NAME")


def test_an_unknown_job_is_not_found(client: httpx2.Client) -> None:
    answer = client.get("/api/status", params={"blob_name": "never.mp4"})

    assert (answer.status_code, answer.json()["code"]) == (404, "UNKNOWN_JOB")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-API-Key": "wrong"},
        {"X-API-Key": ""},
        {"Authorization": "Bearer wrong"},
        {"Authorization": KEY},
        {"Authorization": f"Basic {KEY}"},
        {"X-Api-Key": KEY[:-1]},
        {"X-API-Key": "ключ".encode()},
    ],
)
def test_without_a_valid_key_there_is_no_status(
    stranger: httpx2.Client, job: Job, headers: dict[str, str]
) -> None:
    answer = stranger.get("/api/status", params={"blob_name": job.blob_name}, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "UNAUTHORIZED"
    assert KEY not in answer.text


def test_a_row_that_cannot_be_read_is_told_as_such(
    client: httpx2.Client, services: Services, job: Job
) -> None:
    table = services.jobs._table
    row = dict(table.get_entity("jobs", job.key)) | {"status": "paused"}
    table.upsert_entity(row)

    answer = client.get("/api/status", params={"blob_name": job.blob_name})

    assert (answer.status_code, answer.json()["code"]) == (500, "ROW_UNREADABLE")


def test_a_stranger_cannot_tell_known_names_from_unknown_ones(
    stranger: httpx2.Client, job: Job
) -> None:
    answers = [
        stranger.get("/api/status", params=params)
        for params in ({"blob_name": job.blob_name}, {"blob_name": "never.mp4"}, {})
    ]

    assert len({(answer.status_code, answer.text) for answer in answers}) == 1


def test_a_bearer_token_opens_the_door_too(stranger: httpx2.Client, job: Job) -> None:
    answer = stranger.get(
        "/api/status",
        params={"blob_name": job.blob_name},
        headers={"Authorization": f"Bearer {KEY}"},
    )

    assert answer.status_code == 200


def test_an_upload_that_nobody_noticed_yet_is_noticed_by_the_question(
    client: httpx2.Client, services: Services, name: str
) -> None:
    services.uploads._container.upload_blob(name, b"data")

    answer = client.get("/api/status", params={"blob_name": name})

    assert (answer.status_code, answer.json()["status"]) == (200, "queued")
    assert services.jobs.get(name) is not None


def test_an_upload_that_replaces_an_ended_one_is_not_given_the_old_answer(
    client: httpx2.Client, services: Services, job: Job, tmp_path: Path
) -> None:
    complete(services, job, tmp_path)
    services.uploads._container.upload_blob(job.blob_name, b"newer")

    body = client.get("/api/status", params={"blob_name": job.blob_name}).json()

    assert (body["status"], body["file_size"], body["output_url"]) == ("queued", 5, None)


def test_a_name_with_a_backslash_is_that_with_the_slash_that_storage_keeps(
    client: httpx2.Client, services: Services, name: str
) -> None:
    given = name.replace("/", "\\")
    services.uploads._container.upload_blob(given, b"content")

    asked = client.get("/api/status", params={"blob_name": given}).json()

    assert (asked["blob_name"], asked["status"]) == (name, "queued")
    assert [each.blob_name for each in services.uploads.all()].count(name) == 1
    for each in (given, name):
        known = client.get("/api/timeline", params={"blob_name": each}).json()
        assert (known["blob_name"], len(known["transitions"])) == (name, 1)
