"""POST /api/status: many jobs by one question."""

from pathlib import Path

import httpx2
import pytest

from lifecycle.services import Services

from .test_events import new_job
from .test_status import complete


def test_each_is_answered_as_alone_and_in_the_order_of_the_question(
    client: httpx2.Client, services: Services, tmp_path: Path
) -> None:
    jobs = [new_job(services) for _ in range(3)]
    complete(services, jobs[1], tmp_path)
    names = [jobs[0].blob_name, "never.png", jobs[1].blob_name, "../a", jobs[2].blob_name]

    answer = client.post("/api/status", json={"blob_names": names})

    found = answer.json()["jobs"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert [each["blob_name"] for each in found] == names
    assert [each["code"] for each in found] == [None, "UNKNOWN_JOB", None, "INVALID_NAME", None]
    told = [each["job"] and each["job"]["status"] for each in found]
    assert told == ["queued", None, "completed", None, "queued"]
    assert found[2]["job"]["output_url"]


@pytest.mark.parametrize(
    "body",
    [{}, {"blob_names": []}, {"blob_names": ["a"] * 51}, {"blob_names": "a"}, {"names": ["a"]}],
)
def test_what_is_no_question_is_refused(client: httpx2.Client, body: dict) -> None:
    assert client.post("/api/status", json=body).json()["code"] == "INVALID_REQUEST"


def test_it_needs_a_key(stranger: httpx2.Client) -> None:
    assert stranger.post("/api/status", json={"blob_names": ["a"]}).status_code == 401
