"""Verbs on one job over HTTP: their answers, their refusals, and the page's own examples."""

import re
import subprocess
from pathlib import Path

import httpx2
import pytest

from lifecycle.attempt import run_attempt
from lifecycle.services import Services

from .conftest import KEY
from .links import code

PAGE = (Path(__file__).parents[2] / "docs/api.md").read_text(encoding="utf-8")
VERBS = [
    *(("POST", "/api/cancel"), ("POST", "/api/requeue"), ("POST", "/api/extend?minutes=5")),
    ("DELETE", "/api/jobs"),
]


def put(services: Services, name: str, data: bytes) -> dict[str, str]:
    services.uploads._container.upload_blob(name, data)
    return {"blob_name": name}


def compressed(client: httpx2.Client, services: Services, which: dict[str, str]) -> None:
    client.get("/api/status", params=which)
    job = services.jobs.get(which["blob_name"])
    assert job is not None
    run_attempt(services, job.message(services.clock()))


def test_a_job_is_cancelled_tried_again_and_deleted(
    client: httpx2.Client, services: Services, name: str, photo: bytes
) -> None:
    which = put(services, name, photo)
    cancelled = client.post("/api/cancel", params={**which, "keep": "true"})
    twice = client.post("/api/cancel", params=which)
    again = client.post("/api/requeue", params=which, json={"options": {"reference": "2nd"}})
    refused = client.post("/api/requeue", params=which)
    gone = [client.delete("/api/jobs", params=which).status_code for _ in range(2)]

    assert cancelled.status_code == 200
    assert (cancelled.json()["status"], cancelled.json()["error_code"]) == ("failed", "CANCELLED")
    assert code(twice) == (409, "ALREADY_SETTLED")
    assert (again.status_code, again.json()["status"], again.json()["reference"]) == (
        *(202, "queued"),
        "2nd",
    )
    assert again.headers["location"].startswith("/api/status?blob_name=")
    assert code(refused) == (409, "NOT_FAILED")
    assert gone == [204, 204]
    assert code(client.get("/api/status", params=which)) == (410, "EXPIRED")


def test_a_result_is_kept_for_longer(
    client: httpx2.Client, services: Services, name: str, photo: bytes
) -> None:
    which = put(services, name, photo)
    early = client.post("/api/extend", params={**which, "minutes": 5})
    compressed(client, services, which)
    before = client.get("/api/status", params=which).json()

    kept = client.post("/api/extend", params={**which, "minutes": 43_200})

    assert code(early) == (409, "NOT_SETTLED")
    assert kept.status_code == 200
    assert kept.json()["deletes_at"] > before["deletes_at"]
    for minutes in (0, 43_201, "long"):
        answer = client.post("/api/extend", params={**which, "minutes": minutes})
        assert code(answer) == (422, "INVALID_REQUEST")


@pytest.mark.parametrize("verb", VERBS)
def test_verbs_need_a_key_that_may_change_jobs_a_name_and_a_job(
    client: httpx2.Client,
    service_client: httpx2.Client,
    stranger: httpx2.Client,
    name: str,
    verb: tuple[str, str],
) -> None:
    method, path = verb
    url = httpx2.URL(path).copy_merge_params({"blob_name": name})

    assert code(client.request(method, url)) == (404, "UNKNOWN_JOB")
    assert code(client.request(method, path)) == (400, "MISSING_BLOB_NAME")
    assert code(service_client.request(method, url)) == (403, "FORBIDDEN_SCOPE")
    assert code(stranger.request(method, url)) == (401, "UNAUTHORIZED")


def test_the_examples_of_the_page_do_what_it_says(
    client: httpx2.Client, services: Services, photo: bytes
) -> None:
    section = PAGE.partition("## GET /api/jobs\n")[2].partition("\n## GET /api/limits")[0]
    put(services, "upload-1.png", photo)
    example = "".join(re.findall(r"```bash\n(.*?)```", section, re.DOTALL))

    ran = subprocess.run(
        ["bash", "-euc", example],
        env={"PATH": "/usr/bin:/bin", "APP": str(client.base_url), "API_KEY": KEY, "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout.startswith('{"jobs":[')
    assert '"seconds_p95"' in ran.stdout
    assert '"error_code":"CANCELLED"' in ran.stdout
    assert code(client.get("/api/status?blob_name=upload-1.png")) == (410, "EXPIRED")


def test_jobs_are_listed_page_by_page_with_what_they_became(
    client: httpx2.Client, services: Services, name: str, photo: bytes
) -> None:
    for number in range(3):
        which = put(services, f"{name}/{number}.png", photo)
        client.get("/api/status", params=which)
    compressed(client, services, which)
    asked = {"prefix": f"{name}/", "limit": 2}

    first = client.get("/api/jobs", params=asked)
    second = client.get("/api/jobs", params={**asked, "continuation": first.json()["continuation"]})

    assert first.headers["cache-control"] == "no-store"
    jobs = first.json()["jobs"] + second.json()["jobs"]
    assert [each["status"] for each in jobs] == ["completed", "queued", "queued"]
    assert [each["blob_name"][-5:] for each in jobs] == ["2.png", "1.png", "0.png"]
    assert jobs[0]["original_size"] == len(photo) > jobs[0]["compressed_size"]
    assert second.json()["continuation"] is None


def test_what_a_list_cannot_be_asked_is_refused(
    client: httpx2.Client, stranger: httpx2.Client, services: Services, name: str
) -> None:
    for each in ("a", "b"):
        client.get("/api/status", params=put(services, f"{name}/{each}", b"data"))
    token = client.get("/api/jobs", params={"prefix": name, "limit": 1}).json()["continuation"]

    foreign = client.get("/api/jobs", params={"continuation": token})
    bad = ("status=done", "since=yesterday", "since=2026-01-01T00:00:00", "limit=0", "limit=1001")

    assert token
    assert code(foreign) == (400, "BAD_CONTINUATION")
    for query in bad:
        assert code(client.get(f"/api/jobs?{query}")) == (422, "INVALID_REQUEST")
    assert code(client.get("/api/statistics?by=hour")) == (422, "INVALID_REQUEST")
    assert code(stranger.get("/api/jobs")) == (401, "UNAUTHORIZED")
    assert code(stranger.get("/api/statistics")) == (401, "UNAUTHORIZED")


def test_statistics_tell_what_became_of_jobs_by_day_and_by_type(
    client: httpx2.Client, services: Services, name: str, photo: bytes
) -> None:
    compressed(client, services, put(services, f"{name}.png", photo))

    by_day = client.get("/api/statistics").json()
    by_type = client.get("/api/statistics?by=type").json()

    assert by_day["lines"][-1]["day"] == services.clock().date().isoformat()
    assert by_day["total"]["completed"] >= 1
    assert by_day["total"]["bytes_saved"] > 0
    assert {"png"} <= {each["type"] for each in by_type["lines"]}
    assert by_type["total"]["jobs"] == sum(each["jobs"] for each in by_type["lines"])
