"""scripts/jobs: the words of the API, from a shell."""

import json

import httpx2
import pytest

from harness.laptop import jobs
from lifecycle.services import Services

from .conftest import KEY
from .test_jobs import compressed, put


@pytest.fixture
def say(client: httpx2.Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs it against the served API; returns the exit status, what was said, and what refused."""
    monkeypatch.setenv("API_KEY", KEY)
    monkeypatch.setenv("NO_PROXY", "*")

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["jobs", *words, "--url", str(client.base_url)])
        status = jobs.main()
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def test_a_job_is_listed_shown_cancelled_tried_again_kept_watched_and_deleted(
    say, client: httpx2.Client, services: Services, name: str, photo: bytes
) -> None:
    which = put(services, name, photo)
    assert say("cancel", name, "--keep")[1].startswith("failed      ")
    assert "CANCELLED" in say("list", "--prefix", name, "--status", "failed")[1]
    assert say("cancel", name) == (1, "", "jobs: ALREADY_SETTLED: The job has ended already.\n")
    options = '{"image_output": "avif"}'
    again = json.loads(say("requeue", name, "--options", options, "--json")[1])
    assert again["order"]["image_output"] == "avif"
    compressed(client, services, which)
    status, watched, _ = say("watch", name)
    assert (status, watched[:10]) == (0, "completed ")
    assert "deletes at" in say("extend", name, "--minutes", "60")[1]
    assert "processing, attempt 1" in say("show", name)[1]
    (listed,) = map(json.loads, say("list", "--prefix", name, "--json")[1].splitlines())
    assert (listed["status"], listed["blob_name"]) == ("completed", name)

    assert say("delete", name)[1] == f"deleted     {name}\n"

    assert say("show", name)[::2] == (
        1,
        "jobs: EXPIRED: The job of this blob name ended, and has expired.\n",
    )


def test_who_has_no_key_or_no_service_reads_why_in_one_line(
    say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_KEY", "wrong")
    status, said, why = say("list")

    assert (status, said) == (1, "")
    assert why.startswith("jobs: UNAUTHORIZED: ")
