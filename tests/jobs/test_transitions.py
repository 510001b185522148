"""What each transition changes of a row, by a table, and that it changes nothing else."""

from dataclasses import MISSING, fields, replace
from typing import Any

import pytest

from errors import StorageUnavailableError, TimeLimitError, WorkerStoppedError
from jobs import transitions
from jobs.job import Job, Status
from jobs.lease import Lease
from jobs.stage import Stage
from jobs.timeline import Transition

from .changes import (
    BEGUN,
    CLAIMED,
    DONE,
    FIRST,
    GIVEN_UP,
    LOST_ONE,
    OF_VERBS,
    REQUEUED,
    WAITING,
    WORKING,
    Row,
)
from .samples import DELIVERY, FULL, LATER, LEASE, NOW, RESULT

QUEUED, PROCESSING = Status.QUEUED, Status.PROCESSING
COMPLETED, FAILED, EXPIRED = Status.COMPLETED, Status.FAILED, Status.EXPIRED


TABLE = [
    *OF_VERBS,
    Row(
        "claimed, while it waits",
        WAITING,
        lambda job, now: transitions.claimed(job, "two", now, LEASE),
        CLAIMED | {"status": PROCESSING, "timeline": (*FIRST, BEGUN)},
    ),
    Row(
        "claimed, as its first attempt vanished",
        replace(WORKING, vanished=0),
        lambda job, now: transitions.claimed(job, "two", now, LEASE),
        CLAIMED | {"vanished": 1, "timeline": (*FIRST, LOST_ONE, BEGUN)},
    ),
    Row(
        "claimed, as another attempt vanished: the next one asks for less",
        WORKING,
        lambda job, now: transitions.claimed(job, "two", now, LEASE),
        CLAIMED | {"vanished": 2, "lighter_steps": 2, "timeline": (*FIRST, LOST_ONE, BEGUN)},
    ),
    Row(
        "with_heartbeat",
        WORKING,
        lambda job, now: transitions.with_heartbeat(job, now, LEASE, Stage.ENCODING, 50.0),
        {
            "stage": Stage.ENCODING,
            "progress": 50.0,
            "lease": Lease("one", NOW + LEASE),
            "updated_at": NOW,
        },
    ),
    Row(
        "announced",
        WORKING,
        lambda job, now: transitions.announced(job, "a/film.mp4", now, LEASE),
        {
            "stage": Stage.STORING,
            "progress": 90.0,
            "lease": Lease("one", NOW + LEASE),
            "result_name": "a/film.mp4",
            "updated_at": NOW,
        },
    ),
    Row(
        "completed",
        replace(WORKING, result=None),
        lambda job, now: transitions.completed(job, RESULT, now),
        DONE,
    ),
    Row(
        "requeued, for what has nothing to do with the work",
        WORKING,
        lambda job, now: transitions.requeued(job, StorageUnavailableError(), LATER, now),
        REQUEUED,
    ),
    Row(
        "requeued, as it was too much: the next attempt asks for less",
        WORKING,
        lambda job, now: transitions.requeued(job, TimeLimitError(), LATER, now),
        REQUEUED
        | {
            "lighter_steps": 2,
            "error_code": "TIMEOUT",
            "error_message": TimeLimitError.default_message(),
            "timeline": (*FIRST, Transition(NOW, "queued", 4, "TIMEOUT")),
        },
    ),
    Row(
        "handed_back",
        WORKING,
        lambda job, now: transitions.handed_back(job, WorkerStoppedError(), now),
        REQUEUED
        | {
            "handed_back": 2,
            "next_attempt_at": NOW,
            "error_code": "WORKER_STOPPED",
            "error_message": WorkerStoppedError.default_message(),
            "timeline": (*FIRST, Transition(NOW, "queued", 4, "WORKER_STOPPED")),
        },
    ),
    Row(
        "failed, at work",
        WORKING,
        lambda job, now: transitions.failed(job, TimeLimitError(), now),
        GIVEN_UP,
    ),
    Row(
        "failed, as no attempt came back",
        replace(FULL, lease=None),
        lambda job, now: transitions.failed(job, TimeLimitError(), now),
        {name: value for name, value in GIVEN_UP.items() if name != "lease"},
    ),
    Row(
        "postponed",
        WORKING,
        lambda job, now: transitions.postponed(job, LATER, now),
        {"enqueued_at": LATER, "updated_at": NOW},
    ),
    Row("woken", WORKING, transitions.woken, {"enqueued_at": NOW, "updated_at": NOW}),
    Row(
        "completed, and somebody is to be told",
        replace(WORKING, result=None, unpublished=False),
        lambda job, now: transitions.completed(job, RESULT, now, unpublished=True),
        DONE | {"unpublished": True},
    ),
    Row(
        "failed, and somebody is to be told",
        replace(WORKING, unpublished=False),
        lambda job, now: transitions.failed(job, TimeLimitError(), now, unpublished=True),
        GIVEN_UP | {"unpublished": True},
    ),
    Row(
        "published",
        replace(FULL, status=FAILED),
        lambda job, now: transitions.published(job, (DELIVERY,), now),
        {"unpublished": False, "published": (DELIVERY,), "updated_at": NOW},
    ),
    Row(
        "held",
        replace(FULL, status=COMPLETED),
        lambda job, now: transitions.held(job, LATER, now),
        {"keep_until": LATER, "updated_at": NOW},
    ),
    Row(
        "confirmed",
        replace(FULL, status=COMPLETED),
        transitions.confirmed,
        {"confirmed_at": NOW, "keep_until": NOW, "updated_at": NOW},
    ),
    Row(
        "expired, with its result",
        replace(FULL, status=COMPLETED),
        transitions.expired,
        {
            "status": EXPIRED,
            "upload_kept": False,
            "result": replace(RESULT, url=""),
            "updated_at": NOW,
            "timeline": (*FIRST, Transition(NOW, "expired", 4)),
        },
    ),
    Row(
        "expired, after a failure",
        replace(FULL, status=FAILED, result=None),
        transitions.expired,
        {
            "status": EXPIRED,
            "upload_kept": False,
            "updated_at": NOW,
            "timeline": (*FIRST, Transition(NOW, "expired", 4)),
        },
    ),
    Row(
        "expired, while somebody keeps its upload",
        replace(FULL, status=FAILED, result=None, upload_kept=False),
        lambda job, now: transitions.expired(job, now, upload_kept=True),
        {
            "status": EXPIRED,
            "upload_kept": True,
            "updated_at": NOW,
            "timeline": (*FIRST, Transition(NOW, "expired", 4)),
        },
    ),
    Row("remembered", replace(FULL, status=EXPIRED), transitions.remembered, {"updated_at": NOW}),
]


def differences(before: Job, after: Job) -> dict[str, Any]:
    names = [field.name for field in fields(Job)]
    return {n: getattr(after, n) for n in names if getattr(after, n) != getattr(before, n)}


def test_the_sample_has_a_value_of_its_own_in_every_field() -> None:
    unset = [
        each.name
        for each in fields(Job)
        if getattr(FULL, each.name) == each.default
        or (
            each.default_factory is not MISSING
            and getattr(FULL, each.name) == each.default_factory()
        )
    ]

    assert unset == []


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.what)
def test_a_transition_changes_what_the_table_says_and_nothing_else(row: Row) -> None:
    assert differences(row.before, row.step(row.before, NOW)) == row.changes
