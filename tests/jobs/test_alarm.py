"""When a job is looked at again: tables for the times, properties for what must always hold."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import StorageUnavailableError, WorkerLostError
from jobs import transitions
from jobs.alarm import (
    MESSAGE_LOST_AFTER,
    TRIGGER_DELAY,
    Alarm,
    Kind,
    Retention,
    alarm_for,
    due_at,
    is_message_lost,
    is_missed,
    is_waiting,
    missed_from,
    next_alarm,
    public_view,
    waiting_since,
)
from jobs.job import Job, Status
from jobs.lease import LEASE_GRACE
from order import Order

from .samples import BEGIN, LATER, LEASE, NOW, RESULT, UPLOAD, rows

RETENTION = Retention(
    result=timedelta(minutes=10), failure=timedelta(hours=24), history=timedelta(days=30)
)
DELAY = timedelta(minutes=2)
ANY_TIME = st.timedeltas(timedelta(0), timedelta(days=8)).map(lambda after: BEGIN + after)

NEW = transitions.created(UPLOAD, Order(), NOW)
DELAYED = transitions.created(UPLOAD, Order(), NOW, delay=DELAY)
AT_WORK = transitions.claimed(NEW, "one", NOW, LEASE)
LAPSES_AT = NOW + LEASE + LEASE_GRACE
WOKEN = transitions.woken(AT_WORK, LAPSES_AT)
POSTPONED = transitions.postponed(AT_WORK, LAPSES_AT, NOW)
REQUEUED = transitions.requeued(AT_WORK, StorageUnavailableError(), NOW + DELAY, NOW)
COMPLETED = transitions.completed(AT_WORK, RESULT, NOW)
FAILED = transitions.failed(AT_WORK, WorkerLostError(), NOW)
EXPIRED = transitions.expired(FAILED, LATER)


@pytest.mark.parametrize(
    ("job", "kind", "at"),
    [
        (NEW, Kind.WAITING, NOW + TRIGGER_DELAY),
        (DELAYED, Kind.WAITING, NOW + DELAY + TRIGGER_DELAY),
        (AT_WORK, Kind.WORKING, LAPSES_AT),
        (WOKEN, Kind.WAITING, LAPSES_AT + TRIGGER_DELAY),
        (POSTPONED, Kind.WAITING, LAPSES_AT + TRIGGER_DELAY),
        (REQUEUED, Kind.WAITING, NOW + DELAY + TRIGGER_DELAY),
        (COMPLETED, Kind.ENDED, NOW + RETENTION.result),
        (FAILED, Kind.ENDED, NOW + RETENTION.failure),
        (EXPIRED, Kind.ENDED, LATER + RETENTION.history),
    ],
    ids=[
        "new",
        "delayed",
        "at work",
        "woken",
        "postponed",
        "requeued",
        "completed",
        "failed",
        "expired",
    ],
)
def test_the_alarm_rings_when_something_is_due(job: Job, kind: Kind, at: datetime) -> None:
    assert due_at(job, RETENTION) == at
    assert alarm_for(job, RETENTION) == Alarm(kind, job.key, at)
    assert is_waiting(job) is (kind is Kind.WAITING)


def test_a_result_is_kept_for_as_long_as_its_order_says_whatever_the_deployment_does() -> None:
    asked = replace(COMPLETED, order=Order(retention=90))

    for other in (RETENTION, replace(RETENTION, result=timedelta(days=9))):
        assert due_at(asked, other) == NOW + timedelta(minutes=90)


def test_what_is_asked_for_the_result_says_nothing_of_a_failure_or_of_the_history() -> None:
    for job in (FAILED, EXPIRED):
        assert due_at(replace(job, order=Order(retention=90)), RETENTION) == due_at(job, RETENTION)


@pytest.mark.parametrize(
    ("after_s", "rings_after_s"),
    [(-9, 45), (0, 45), (44.9, 45), (45, 90), (89.9, 90), (90, 180), (1439.9, 1440), (1440, 2880)],
)
def test_a_job_that_waits_is_looked_at_after_ever_longer_times(
    after_s: float, rings_after_s: float
) -> None:
    following = next_alarm(NEW, NOW + timedelta(seconds=after_s), RETENTION)

    assert following == Alarm(Kind.WAITING, NEW.key, NOW + timedelta(seconds=rings_after_s))


@given(rows(), ANY_TIME)
def test_the_next_alarm_is_always_after_now_as_long_as_nothing_is_due(
    job: Job, now: datetime
) -> None:
    if is_waiting(job) or due_at(job, RETENTION) > now:
        assert next_alarm(job, now, RETENTION).at > now


@given(rows(), ANY_TIME, st.floats(0, 1))
def test_all_who_look_before_the_next_alarm_set_that_same_alarm(
    job: Job, now: datetime, part: float
) -> None:
    following = next_alarm(job, now, RETENTION)
    later = now + part * max(timedelta(0), following.at - now)

    assert later == following.at or next_alarm(job, later, RETENTION) == following


@given(rows(), st.lists(ANY_TIME, min_size=1, max_size=5))
def test_alarms_of_one_job_become_one_however_many_there_were(
    job: Job, others: list[datetime]
) -> None:
    first = alarm_for(job, RETENTION)
    alarms = {first, *(Alarm(first.kind, job.key, at) for at in others)}
    rings_at = max(alarm.at for alarm in alarms)

    for alarm in sorted(alarms, key=lambda each: each.at):
        alarms -= {alarm}
        alarms |= {next_alarm(job, rings_at, RETENTION)}

    assert len(alarms) == 1


@given(rows())
def test_a_day_of_waiting_costs_a_dozen_looks_and_one_is_when_the_message_counts_as_lost(
    job: Job,
) -> None:
    if not is_waiting(job):
        return
    since = waiting_since(job)

    looks = [alarm_for(job, RETENTION).at]
    while looks[-1] < since + timedelta(days=1):
        looks.append(next_alarm(job, looks[-1], RETENTION).at)

    assert len(looks) <= 12
    assert since + MESSAGE_LOST_AFTER in looks
    assert [is_message_lost(job, at) for at in looks] == [
        at >= since + MESSAGE_LOST_AFTER for at in looks
    ]


@given(rows())
def test_a_job_counts_as_missed_only_well_after_its_alarm(job: Job) -> None:
    missed = missed_from(job, RETENTION)

    assert missed >= due_at(job, RETENTION) + TRIGGER_DELAY
    assert not is_missed(job, missed, RETENTION)
    assert is_missed(job, missed + timedelta(microseconds=1), RETENTION)


@given(rows())
def test_a_job_that_waits_counts_as_missed_only_when_its_message_counts_as_lost(job: Job) -> None:
    if is_waiting(job):
        assert is_message_lost(job, missed_from(job, RETENTION))


@pytest.mark.parametrize("job", [AT_WORK, WOKEN, POSTPONED], ids=["at work", "woken", "postponed"])
def test_an_attempt_is_shown_until_its_lease_has_lapsed_and_not_after(job: Job) -> None:
    assert public_view(job, LAPSES_AT - timedelta(microseconds=1)) is job

    shown = public_view(job, LAPSES_AT)

    assert shown == transitions.without_its_attempt(job)
    assert (shown.status, shown.error_code) == (Status.QUEUED, "WORKER_LOST")
    assert shown.timeline[-1].at == NOW + LEASE


@given(rows(), ANY_TIME)
def test_what_is_shown_once_is_shown_again_and_only_attempts_that_vanished_are_not(
    job: Job, now: datetime
) -> None:
    shown = public_view(job, now)

    assert public_view(shown, now) == shown
    assert shown == job or (job.status is Status.PROCESSING and not job.is_leased(now))
