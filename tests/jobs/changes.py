"""What transitions change of a row: the words of the table, and its lines of clients' own verbs."""

from dataclasses import dataclass, replace
from typing import Any

from errors import JobCancelledError, StorageUnavailableError, TimeLimitError
from jobs import transitions
from jobs.job import Job, Status
from jobs.lease import Lease
from jobs.stage import Stage
from jobs.timeline import Transition
from order import Order

from .samples import FULL, LATER, LEASE, NOW, RESULT, Step

QUEUED, PROCESSING = Status.QUEUED, Status.PROCESSING
COMPLETED, FAILED, EXPIRED = Status.COMPLETED, Status.FAILED, Status.EXPIRED


@dataclass(frozen=True)
class Row:
    """One line of the table: `changes` holds each field that differs after, and nothing else."""

    what: str
    before: Job
    step: Step
    changes: dict[str, Any]


WAITING = replace(FULL, lease=None)
WORKING = replace(FULL, status=PROCESSING)
LOST_AT, FIRST = FULL.lease.until, FULL.timeline
CLAIMED = {
    "attempts": 5,
    "lease": Lease("two", NOW + LEASE),
    "next_attempt_at": None,
    "stage": Stage.DOWNLOADING,
    "progress": 0.0,
    "processing_started_at": NOW,
    "error_code": None,
    "error_message": None,
    "updated_at": NOW,
}
LOST_ONE = Transition(LOST_AT, "queued", 4, "WORKER_LOST")
BEGUN = Transition(NOW, "processing", 5)
REQUEUED = {
    "status": QUEUED,
    "next_attempt_at": LATER,
    "enqueued_at": NOW,
    "lease": None,
    "stage": None,
    "progress": None,
    "error_code": "STORAGE_UNAVAILABLE",
    "error_message": StorageUnavailableError.default_message(),
    "updated_at": NOW,
    "timeline": (*FIRST, Transition(NOW, "queued", 4, "STORAGE_UNAVAILABLE")),
}
DONE = {
    "status": COMPLETED,
    "unpublished": False,
    "completed_at": NOW,
    "lease": None,
    "stage": None,
    "progress": 100.0,
    "result_name": RESULT.name,
    "result": RESULT,
    "updated_at": NOW,
    "timeline": (*FIRST, Transition(NOW, "completed", 4)),
}
GIVEN_UP = {
    "status": FAILED,
    "unpublished": False,
    "failed_at": NOW,
    "lease": None,
    "next_attempt_at": None,
    "stage": None,
    "error_code": "TIMEOUT",
    "error_message": TimeLimitError.default_message(),
    "updated_at": NOW,
    "timeline": (*FIRST, Transition(NOW, "failed", 4, "TIMEOUT")),
}
OF_VERBS = [
    Row(
        "cancelled",
        WORKING,
        lambda job, now: transitions.cancelled(job, now, keep=True),
        GIVEN_UP
        | {
            "upload_unwanted": False,
            "error_code": "CANCELLED",
            "error_message": JobCancelledError.default_message(),
            "timeline": (*FIRST, Transition(NOW, "failed", 4, "CANCELLED")),
        },
    ),
    Row(
        "cancelled, and somebody is to be told",
        replace(WORKING, unpublished=False, upload_unwanted=False),
        lambda job, now: transitions.cancelled(job, now, unpublished=True),
        GIVEN_UP
        | {
            "upload_unwanted": True,
            "unpublished": True,
            "error_code": "CANCELLED",
            "error_message": JobCancelledError.default_message(),
            "timeline": (*FIRST, Transition(NOW, "failed", 4, "CANCELLED")),
        },
    ),
    Row(
        "restarted, by another order: only its upload, its sender and its past are left",
        replace(FULL, status=FAILED),
        lambda job, now: transitions.restarted(job, Order(image_output="avif"), now),
        dict.fromkeys(
            (
                *("lease", "next_attempt_at", "stage", "progress", "processing_started_at"),
                *("completed_at", "failed_at", "result_name", "result", "error_code"),
                *("error_message", "confirmed_at", "keep_until", "deleted_at"),
            )
        )
        | dict.fromkeys(("attempts", "vanished", "handed_back", "lighter_steps"), 0)
        | dict.fromkeys(("unpublished", "upload_kept", "upload_unwanted"), False)
        | {
            "status": QUEUED,
            "order": Order(image_output="avif"),
            "published": (),
            "enqueued_at": NOW,
            "updated_at": NOW,
            "timeline": (*FIRST, Transition(NOW, "queued", 0, upload_etag="0x1")),
        },
    ),
    Row(
        "prolonged",
        replace(FULL, status=FAILED),
        lambda job, now: transitions.prolonged(job, LATER, now),
        {"keep_until": LATER, "updated_at": NOW},
    ),
    Row(
        "discarded",
        replace(FULL, status=COMPLETED),
        transitions.discarded,
        {"deleted_at": NOW, "updated_at": NOW},
    ),
]
