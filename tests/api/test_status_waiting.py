"""GET /api/status for who does not want to ask again and again: ETag, Retry-After and wait."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.snapshot import snapshot_of
from jobs import transitions
from jobs.job import Job
from jobs.stage import Stage
from jobs.upload import Upload
from lifecycle.services import Services

from .test_status import LEASE, complete

LONG = 50


@pytest.fixture
def job(services: Services, name: str) -> Job:
    upload, order = Upload(name, 10, "e1", services.clock()), services.settings.default_order
    return services.jobs.insert(transitions.created(upload, order, services.clock()))


@pytest.fixture
def ask(client: httpx2.Client, job: Job) -> Callable[..., httpx2.Response]:
    def ask(tag: str | None = None, **query: Any) -> httpx2.Response:
        headers = {"If-None-Match": tag} if tag else {}
        return client.get(
            "/api/status", params={"blob_name": job.blob_name} | query, headers=headers
        )

    return ask


def test_what_is_known_already_is_not_told_again(ask: Callable[..., httpx2.Response]) -> None:
    first = ask()
    again = ask(first.headers["ETag"])

    assert first.headers["ETag"].startswith('W/"')
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Cache-Control"] == "no-store"
    assert ask('*, "another", ' + first.headers["ETag"].removeprefix("W/")).status_code == 304
    assert ask('"another"').status_code == 200


def test_every_change_has_another_mark(
    ask: Callable[..., httpx2.Response], services: Services, job: Job, tmp_path: Path
) -> None:
    tags = [ask().headers["ETag"]]
    now = services.clock()
    claimed = services.jobs.replace(transitions.claimed(job, "a1", now, LEASE))
    tags.append(ask().headers["ETag"])
    beat = transitions.with_heartbeat(claimed, now, LEASE, Stage.ENCODING, 41.5)
    services.jobs.replace(beat)
    tags.append(ask().headers["ETag"])
    complete(services, services.jobs.get(job.blob_name), tmp_path)
    tags.append(ask().headers["ETag"])

    assert len(set(tags)) == 4
    assert ask(tags[-1]).status_code == 304


def test_a_link_is_made_only_where_it_is_told(
    ask: Callable[..., httpx2.Response],
    services: Services,
    job: Job,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    complete(services, job, tmp_path)
    tag = ask().headers["ETag"]

    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(type(services.links), "read_link", fail)

    assert ask(tag).status_code == 304


def test_nobody_keeps_a_link_that_is_about_to_end(
    services: Services, job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = complete(services, job, tmp_path)
    monkeypatch.setattr("api.snapshot.has_expired", lambda *_: False)
    half = timedelta(minutes=services.settings.link_lifetime_minutes) / 2
    tags = set()
    for number in range(3):
        later = services.clock() + number * half
        object.__setattr__(services, "clock", lambda later=later: later)
        tags.add(snapshot_of(services, done.blob_name).tag)

    assert len(tags) == 3


def test_when_to_ask_again_is_told_until_the_end(
    ask: Callable[..., httpx2.Response], services: Services, job: Job, tmp_path: Path
) -> None:
    assert ask().headers["Retry-After"] == "1"
    old = services.jobs.get(job.blob_name)
    claimed = transitions.claimed(old, "a1", services.clock(), LEASE)
    services.jobs.replace(claimed)
    assert ask().headers["Retry-After"] == "2"

    complete(services, services.jobs.get(job.blob_name), tmp_path)

    assert "Retry-After" not in ask().headers


def test_who_waits_is_told_of_the_end_when_it_comes(
    ask: Callable[..., httpx2.Response], services: Services, job: Job, tmp_path: Path
) -> None:
    ending = threading.Timer(1.5, complete, (services, job, tmp_path))
    ending.start()

    answer = ask(wait=LONG)
    ending.join()

    assert answer.json()["status"] == "completed"
    assert answer.json()["output_url"]


def test_who_waits_for_news_is_told_of_any(
    ask: Callable[..., httpx2.Response], services: Services, job: Job
) -> None:
    claimed = transitions.claimed(job, "a1", services.clock(), LEASE)
    news = threading.Timer(1.5, services.jobs.replace, (claimed,))
    tag = ask().headers["ETag"]
    news.start()

    answer = ask(tag, wait=LONG)
    news.join()

    assert (answer.status_code, answer.json()["status"]) == (200, "processing")


def test_without_news_the_wait_ends_in_time(ask: Callable[..., httpx2.Response]) -> None:
    tag = ask().headers["ETag"]

    assert ask(wait=1).json()["status"] == "queued"
    assert ask(tag, wait=1).status_code == 304


def test_what_is_known_to_have_ended_is_told_at_once(
    ask: Callable[..., httpx2.Response], services: Services, job: Job, tmp_path: Path
) -> None:
    complete(services, job, tmp_path)

    assert ask(wait=LONG).json()["status"] == "completed"


def test_a_process_that_ends_lets_nobody_wait(
    ask: Callable[..., httpx2.Response], services: Services
) -> None:
    services.shutdown.request()

    assert ask(wait=LONG).json()["status"] == "queued"


@pytest.mark.parametrize("wait", [-1, 61, "long"])
def test_how_long_one_may_wait_is_limited(
    ask: Callable[..., httpx2.Response], wait: object
) -> None:
    assert ask(wait=wait).json()["code"] == "INVALID_REQUEST"


def test_there_is_nothing_to_wait_for_where_there_is_no_job(client: httpx2.Client) -> None:
    answer = client.get("/api/status", params={"blob_name": "never", "wait": LONG})

    assert answer.json()["code"] == "UNKNOWN_JOB"
