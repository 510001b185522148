"""GET /api/events: what a listener is told of jobs, and when the stream ends."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from api import events
from api.app import create_api
from jobs import transitions
from jobs.job import Job
from jobs.upload import Upload
from lifecycle import watch
from lifecycle.services import Services

from .conftest import KEY, served
from .test_status import LEASE, complete

Event = dict[str, str]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(watch, "LOOK_EVERY_S", 0.05)


def new_job(services: Services) -> Job:
    upload = Upload(f"{uuid4().hex}.png", 10, "e1", services.clock())
    order = services.settings.default_order
    return services.jobs.insert(transitions.created(upload, order, services.clock()))


def told(lines: Iterator[str]) -> Iterator[Event]:
    """Events and comments, as a browser reads them."""
    event: Event = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            event[name or "comment"] = value.strip()
        elif event:
            yield event
            event = {}


@pytest.fixture
def listen(client: httpx2.Client) -> Callable[..., Iterator[Event]]:
    def listen(*jobs: Job, known: str = "") -> Iterator[Event]:
        query = {"blob_name": [each.blob_name for each in jobs]}
        headers = {"Last-Event-ID": known} if known else {}
        with client.stream("GET", "/api/events", params=query, headers=headers) as answer:
            assert answer.status_code == 200, answer.read()
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-accel-buffering"] == "no"
            yield from told(answer.iter_lines())

    return listen


def statuses(events: list[Event]) -> list[str]:
    return [json.loads(each["data"])["status"] for each in events if each["event"] == "status"]


def test_the_first_event_comes_at_once_and_the_last_is_the_end(
    listen: Callable[..., Iterator[Event]], services: Services, tmp_path: Path
) -> None:
    job = new_job(services)
    stream = listen(job)

    first = next(stream)
    claimed = services.jobs.replace(transitions.claimed(job, "a1", services.clock(), LEASE))
    second = next(stream)
    complete(services, claimed, tmp_path)
    rest = list(stream)

    assert statuses([first, second, *rest]) == ["queued", "processing", "completed"]
    assert rest[-1] == {"event": "end", "data": "{}"}
    assert json.loads(rest[0]["data"])["output_url"]


def test_of_several_jobs_each_is_told_until_all_have_ended(
    listen: Callable[..., Iterator[Event]], services: Services, tmp_path: Path
) -> None:
    jobs = [new_job(services) for _ in range(3)]
    complete(services, jobs[0], tmp_path)
    stream = listen(*jobs)
    begin = [next(stream) for _ in range(3)]

    for each in jobs[1:]:
        complete(services, each, tmp_path)
    rest = list(stream)

    assert statuses(begin) == ["completed", "queued", "queued"]
    assert statuses(rest) == ["completed", "completed"]
    assert rest[-1]["event"] == "end"


def test_who_comes_back_is_told_only_what_he_does_not_know(
    listen: Callable[..., Iterator[Event]], services: Services, tmp_path: Path
) -> None:
    jobs = [new_job(services), new_job(services)]
    stream = listen(*jobs)
    known = [next(stream), next(stream)][-1]["id"]
    for each in jobs:
        complete(services, each, tmp_path)
    stream.close()

    again = list(listen(*jobs, known=known))
    nothing_new = list(listen(*jobs, known=again[1]["id"]))

    assert statuses(again) == ["completed", "completed"]
    assert [each["event"] for each in nothing_new] == ["end"]


def test_a_silent_stream_shows_that_it_lives_and_ends_in_time(
    listen: Callable[..., Iterator[Event]], services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "COMMENT_EVERY_S", 0.2)
    monkeypatch.setattr(events, "STREAM_S", 1.0)

    said = list(listen(new_job(services)))

    assert {"comment": "still here"} in said
    assert said[-1] == {"retry": "1000"}


def test_a_process_that_ends_lets_its_listeners_go(
    listen: Callable[..., Iterator[Event]], services: Services
) -> None:
    stream = listen(new_job(services))
    next(stream)

    services.shutdown.request()

    assert list(stream)[-1] == {"retry": "1000"}


def test_a_job_that_is_gone_meanwhile_is_told_as_gone(
    listen: Callable[..., Iterator[Event]], services: Services
) -> None:
    job = new_job(services)
    stream = listen(job)
    next(stream)

    services.jobs.delete(services.jobs.get(job.blob_name))
    gone, end = stream

    assert gone["event"] == "gone"
    assert json.loads(gone["data"]) == {"blob_name": job.blob_name, "code": "UNKNOWN_JOB"}
    assert end["event"] == "end"


def test_when_too_many_listen_one_more_may_come_when_one_has_left(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "MOST_WATCHES", 1)
    query = {"blob_name": new_job(services).blob_name}
    with (
        served(create_api(services)) as address,
        httpx2.Client(base_url=address, headers={"X-API-Key": KEY}) as client,
    ):

        def listening() -> int:
            with client.stream("GET", "/api/events", params=query) as answer:
                return answer.status_code

        with client.stream("GET", "/api/events", params=query):
            refused = client.get("/api/events", params=query)
        while listening() == 429:
            pass
        services.shutdown.request()

    assert refused.json()["code"] == "TOO_MANY_REQUESTS"
    assert refused.headers["Retry-After"] == "2"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "MISSING_BLOB_NAME"),
        ({"blob_name": ["never.png"]}, "UNKNOWN_JOB"),
        ({"blob_name": [f"{each}.png" for each in range(51)]}, "INVALID_REQUEST"),
        ({"blob_name": ["../a"]}, "INVALID_NAME"),
    ],
)
def test_what_cannot_be_listened_to_is_refused(
    client: httpx2.Client, query: dict, code: str
) -> None:
    assert client.get("/api/events", params=query).json()["code"] == code
