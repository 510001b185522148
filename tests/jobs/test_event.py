"""Events: their ids, which follow from the row, and their words."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import EmptyFileError
from jobs.event import (
    SUBSCRIBABLE,
    EventType,
    Receiver,
    delivery_of,
    event_id,
    event_of,
    newest_first,
    newest_first_from,
)
from jobs.job import Job
from jobs.result import Result
from jobs.transitions import claimed, completed, created, failed
from jobs.upload import Upload
from order import Order

from .samples import ALL_NOTES

NOW = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
TIMES = st.datetimes(
    datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001
)  # fmt: skip
RESULT = Result("a.webp", "https://x/a.webp", "r1", 1000, 400, 1.5, "webp")


@pytest.fixture
def job() -> Job:
    """At work."""
    order = Order(reference="order 7 - ü", webhook="https://a.example/?token=secret")
    return at_work(Upload("folder/ä.png", 1000, "etag 1", NOW), order)


def at_work(upload: Upload, order: Order) -> Job:
    return claimed(created(upload, order, NOW), "a1", NOW, timedelta(seconds=45))


def test_an_id_is_short_and_has_no_dot(job: Job) -> None:
    event = event_of(completed(job, RESULT, NOW))

    assert re.fullmatch(r"msg_[0-9a-z]{27}", event.id)


def test_an_id_follows_from_the_row_alone(job: Job) -> None:
    done = completed(job, RESULT, NOW)
    seen_later = replace(done, updated_at=NOW + timedelta(hours=3), row_etag="other")

    assert event_of(seen_later).id == event_of(done).id


def test_every_end_of_a_job_is_an_event_of_its_own(job: Job) -> None:
    ends = [
        completed(job, RESULT, NOW),
        failed(job, EmptyFileError(), NOW),
        failed(job, EmptyFileError(), NOW + timedelta(microseconds=1)),
        completed(replace(job, upload_etag="etag 2"), RESULT, NOW),
        completed(replace(job, blob_name="b.png"), RESULT, NOW),
    ]

    assert len({event_of(each).id for each in ends}) == len(ends)


@given(st.lists(st.tuples(TIMES, st.text()), min_size=2))
def test_the_later_an_event_the_earlier_its_letters(facts: list[tuple[datetime, str]]) -> None:
    seconds = [int(at.timestamp()) for at, _ in facts]
    letters = [newest_first(event_id(*fact)) for fact in facts]

    later, earlier = max(seconds), min(seconds)
    assert later == earlier or (letters[seconds.index(later)] < letters[seconds.index(earlier)])


@given(TIMES, st.text(), st.integers(-3, 3))
def test_a_time_divides_events_into_those_before_and_those_from_then_on(
    at: datetime, text: str, seconds: int
) -> None:
    event = newest_first(event_id(at, text))
    border = newest_first_from(at.replace(microsecond=0) + timedelta(seconds=seconds))

    assert (event >= border) is (seconds >= 0)


@pytest.mark.parametrize(
    "not_ours",
    ["", "msg_", "msg_1", "x", "msg_" + "z" * 27, "msg_" + "0" * 26 + "/", "msg_" + "0" * 28,
     "msg_-" + "0" * 26, "MSG_" + "0" * 27, "msg_" + "A" * 27, "msg_" + "٣" * 27],
)  # fmt: skip
def test_letters_that_are_no_id_of_ours_are_refused(not_ours: str) -> None:
    with pytest.raises(ValueError):
        newest_first(not_ours)


def test_the_words_of_a_completed_job(job: Job) -> None:
    event = event_of(completed(job, RESULT, NOW))

    data = json.loads(event.data)
    assert (event.type, event.happened_at) == (EventType.JOB_COMPLETED, NOW)
    assert data["blob_name"] == "folder/ä.png"
    assert data["status"] == "completed"
    assert data["reference"] == "order 7 - ü"
    assert (data["original_size"], data["compressed_size"]) == (1000, 400)
    assert data["completed_at"] == "2026-01-02T03:04:05Z"
    assert "output_url" not in data, "a link is made for each attempt"


def test_nobody_is_told_at_which_other_address_the_owner_listens(job: Job) -> None:
    assert "secret" not in event_of(completed(job, RESULT, NOW)).data


def test_the_words_of_a_failed_job(job: Job) -> None:
    event = event_of(failed(job, EmptyFileError(), NOW))

    data = json.loads(event.data)
    assert event.type is EventType.JOB_FAILED
    assert (data["error_code"], data["error_message"]) == ("EMPTY_FILE", "The file is empty.")


def test_the_longest_words_fit_into_what_the_specification_allows() -> None:
    order = Order(reference="ü" * 256, original_name="ü" * 255, webhook="https://a.example/")
    job = at_work(Upload("\U0001f600" * 1024, 1000, "e" * 50, NOW), order)
    result = replace(RESULT, name="\U0001f600" * 1024, notes=ALL_NOTES)

    event = event_of(completed(job, result, NOW))

    assert len(event.data.encode()) < 15_000
    assert len(event.data) < 30_000, "a column holds no more"


def test_a_delivery_is_due_at_once_and_ends_in_time(job: Job) -> None:
    event = event_of(completed(job, RESULT, NOW))
    later = NOW + timedelta(seconds=9)

    delivery = delivery_of(event, Receiver("e1", "https://b.example/"), later, timedelta(hours=80))

    assert (delivery.endpoint_id, delivery.url) == ("e1", "https://b.example/")
    assert (delivery.id, delivery.event, delivery.data) == (event.id, event.type, event.data)
    assert (delivery.due, delivery.deadline) == (later, later + timedelta(hours=80))


def test_nobody_subscribes_to_a_ping() -> None:
    assert {each.value for each in SUBSCRIBABLE} == {
        "job.completed", "job.failed", "endpoint.disabled",
    }  # fmt: skip
