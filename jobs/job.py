"""What a job is: the record of one upload's compression."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from jobs.contract import Contract
from jobs.delivery import DeliveryKey
from jobs.lease import Lease
from jobs.message import JobMessage, Priority, priority_of
from jobs.naming import row_key
from jobs.result import Result
from jobs.stage import Stage
from jobs.timeline import Timeline
from jobs.upload import Upload
from order import Order


class Status(StrEnum):
    """Where a job stands, in the words that clients poll."""

    QUEUED = "queued"  # waits for an attempt, perhaps until next_attempt_at
    PROCESSING = "processing"  # an attempt owns it until its lease ends
    COMPLETED = "completed"  # the result is stored and was verified
    FAILED = "failed"  # given up; error_code and error_message say why
    EXPIRED = "expired"  # ended, and was kept for as long as promised; only in the history


SETTLED = frozenset({Status.COMPLETED, Status.FAILED, Status.EXPIRED})


class FencedError(Exception):
    """The row changed under us: another attempt, or a newer upload, owns the job now."""


@dataclass(frozen=True, slots=True)
class Job:
    """One row. Times are UTC and aware; sizes are bytes. How it changes: jobs/transitions.py."""

    blob_name: str
    status: Status
    upload_etag: str
    file_size: int
    file_type: str
    created_at: datetime
    updated_at: datetime  # when the row last changed, heartbeats included
    enqueued_at: datetime  # when a message was last sent for it, or for when it was delayed
    order: Order = field(default_factory=Order)
    contract: Contract = Contract.NONE  # by which the file came, and its result leaves
    external_id: str | None = None  # what the sender calls it: media_id or video_id
    organization_id: str | None = None  # whose it is at the sender's
    attempts: int = 0  # how many were started
    vanished: int = 0  # how many of them, before the last, ended without a word
    handed_back: int = 0  # how many of them were given up unfinished, as their worker was to end
    lighter_steps: int = 0  # how many of them were more than the machine could do
    lease: Lease | None = None  # of the running attempt, or of one that vanished
    next_attempt_at: datetime | None = None
    stage: Stage | None = None
    progress: float | None = None  # percent of the attempt
    processing_started_at: datetime | None = None
    completed_at: datetime | None = None
    failed_at: datetime | None = None
    result_name: str | None = None  # announced before the result is stored
    result: Result | None = None
    error_code: str | None = None
    error_message: str | None = None
    upload_kept: bool = False  # whether somebody keeps it from being deleted after its job's end
    upload_unwanted: bool = False  # whether it goes with the job, which was cancelled
    unpublished: bool = False  # whether its end is still to be told to those who want to know
    published: tuple[DeliveryKey, ...] = ()  # to whom it was told
    confirmed_at: datetime | None = None  # when its sender said that it has the result
    keep_until: datetime | None = None  # how long it is kept for those who wait, or asked for that
    deleted_at: datetime | None = None  # when somebody asked for all of it to be deleted
    timeline: Timeline = ()  # of all uploads of this name
    row_etag: str | None = None  # the row's version; not a column

    @property
    def key(self) -> str:
        """The row key."""
        return row_key(self.blob_name)

    @property
    def upload(self) -> Upload:
        """The version of the upload that the job is about."""
        return Upload(self.blob_name, self.file_size, self.upload_etag, self.created_at)

    @property
    def priority(self) -> Priority:
        """Which queue it waits in."""
        return priority_of(self.blob_name, self.file_size, self.order)

    @property
    def free_since(self) -> datetime:
        """When it came to wait for an attempt: its last one ended, or there was none."""
        return self.lease.until if self.lease else self.timeline[-1].at

    @property
    def is_failed(self) -> bool:
        """Whether the job was given up."""
        return self.status is Status.FAILED

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will happen to this upload."""
        return self.status in SETTLED

    @property
    def attempts_counted(self) -> int:
        """How many attempts count against the job."""
        return self.attempts - self.handed_back

    @property
    def vanished_attempts(self) -> int:
        """How many attempts ended without a word, once no lease runs any more."""
        return self.vanished + (self.lease is not None)

    def is_leased(self, now: datetime) -> bool:
        """Whether an attempt owns the job at this moment."""
        return self.lease is not None and self.lease.is_running(now)

    def is_held_by(self, claimed: "Job") -> bool:
        """Whether the attempt that wrote `claimed` still owns the job."""
        return (
            self.lease is not None
            and self.lease.is_held_by(claimed.lease)
            and self.upload_etag == claimed.upload_etag
        )

    def in_version(self, row_etag: str | None) -> "Job":
        """The same job, as that version of its row; None: it has none yet."""
        return replace(self, row_etag=row_etag)

    def message(self, now: datetime) -> JobMessage:
        """What wakes a worker for it."""
        return JobMessage(
            self.blob_name, self.upload_etag, self.file_size, self.priority, self.attempts, now
        )
