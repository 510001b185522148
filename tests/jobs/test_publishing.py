"""What a job still owes to those who want to know of its end, and what follows for its alarms."""

from datetime import UTC, datetime, timedelta

import pytest

from errors import EmptyFileError
from jobs.alarm import (
    TRIGGER_DELAY,
    Alarm,
    Kind,
    Retention,
    alarm_for,
    alarm_of_endpoint,
    due_at,
    is_missed,
    kind_of,
    next_alarm,
)
from jobs.delivery import DeliveryKey
from jobs.job import Job
from jobs.naming import row_key
from jobs.result import Result
from jobs.transitions import claimed, completed, created, failed, held, published, refused
from jobs.upload import Upload
from order import Order

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
RETENTION = Retention(timedelta(minutes=10), timedelta(hours=24), timedelta(days=30))
RESULT = Result("a.webp", "https://x/a.webp", "r1", 1000, 400, 1.5, "webp")
KEY = DeliveryKey("e1", "msg_1")


@pytest.fixture
def job() -> Job:
    return created(Upload("a.png", 1000, "etag 1", NOW), Order(), NOW)


def ends(job: Job, *, unpublished: bool) -> list[Job]:
    running = claimed(job, "a1", NOW, timedelta(seconds=45))
    return [
        completed(running, RESULT, NOW, unpublished=unpublished),
        failed(running, EmptyFileError(), NOW, unpublished=unpublished),
        refused(job, EmptyFileError(), NOW, unpublished=unpublished),
    ]


def test_an_end_that_is_still_to_be_told_is_looked_at_after_45_seconds(job: Job) -> None:
    for end in ends(job, unpublished=True):
        assert end.unpublished
        assert (kind_of(end), due_at(end, RETENTION)) == (Kind.WAITING, NOW + TRIGGER_DELAY)
        assert next_alarm(end, NOW, RETENTION) == alarm_for(end, RETENTION)


def test_an_end_of_which_nobody_wants_to_know_is_looked_at_when_its_time_is_over(job: Job) -> None:
    completion, *failures = ends(job, unpublished=False)

    assert due_at(completion, RETENTION) == NOW + timedelta(minutes=10)
    assert {due_at(each, RETENTION) for each in failures} == {NOW + timedelta(hours=24)}
    assert {kind_of(each) for each in (completion, *failures)} == {Kind.ENDED}


def test_once_it_is_told_only_its_time_counts(job: Job) -> None:
    later = NOW + timedelta(seconds=50)
    for told, free in zip(ends(job, unpublished=True), ends(job, unpublished=False), strict=True):
        done = published(told, (KEY,), later)

        assert (done.unpublished, done.published) == (False, (KEY,))
        assert due_at(done, RETENTION) == due_at(free, RETENTION)
        assert kind_of(done) is Kind.ENDED


def test_a_result_is_kept_for_as_long_as_somebody_waits_for_it(job: Job) -> None:
    completion = published(ends(job, unpublished=True)[0], (KEY,), NOW)

    kept = held(completion, NOW + timedelta(hours=3), NOW)

    assert due_at(kept, RETENTION) == NOW + timedelta(hours=3)


def test_an_end_that_nobody_told_in_time_is_missed(job: Job) -> None:
    (end, *_) = ends(job, unpublished=True)

    assert not is_missed(end, NOW + 2 * TRIGGER_DELAY, RETENTION)
    assert is_missed(end, NOW + 3 * TRIGGER_DELAY, RETENTION)


def test_a_new_job_owes_nothing(job: Job) -> None:
    assert (job.unpublished, job.published, job.keep_until) == (False, (), None)


@pytest.mark.parametrize("microseconds", [0, 1, 999_999])
def test_alarms_of_an_endpoint_are_one_for_each_second_and_never_too_early(
    microseconds: int,
) -> None:
    due = NOW + timedelta(microseconds=microseconds)

    alarm = alarm_of_endpoint("e1", due)

    assert alarm.at.microsecond == 0
    assert due + TRIGGER_DELAY <= alarm.at < due + TRIGGER_DELAY + timedelta(seconds=1)
    assert (alarm.kind, alarm.endpoint_id) == (Kind.WAITING, "e1")


@pytest.mark.parametrize("name", ["a", "=>e1", "=", "=>", "ü>", "x" * 900])
def test_no_job_is_taken_for_an_endpoint(name: str) -> None:
    assert Alarm(Kind.WAITING, row_key(name), NOW).endpoint_id is None
