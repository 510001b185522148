"""What a job is: the record of one upload's compression, and the laws of its transitions."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from errors import MediaProcessorError, PermanentError, WorkerLostError
from jobs.naming import file_type, row_key
from jobs.timeline import Timeline, Transition, extended


class Status(StrEnum):
    """Where a job stands, in the words that clients poll."""

    QUEUED = "queued"  # waits for an attempt, perhaps until next_attempt_at
    PROCESSING = "processing"  # an attempt owns it until lease_until
    COMPLETED = "completed"  # the result is stored and was verified
    FAILED = "failed"  # given up; error_code and error_message say why
    EXPIRED = "expired"  # ended, and was kept for as long as promised; only in the history


class FencedError(Exception):
    """The row changed under us: another attempt, or a newer upload, owns the job now."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One version of a blob in `uploads`."""

    blob_name: str
    size_bytes: int
    etag: str  # tells a new upload from a repeated trigger
    seen_at: datetime  # when it was written, or, where only the row is known, when it was noticed

    @property
    def version(self) -> tuple[str, str]:
        """What tells it from every other upload."""
        return self.blob_name, self.etag


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt achieved."""

    processed_blob_name: str
    output_url: str  # without a signature
    output_etag: str
    original_size: int
    compressed_size: int
    processing_time: float  # seconds from claim to delivery
    format: str
    passthrough: str | None  # why the source was kept, when it was
    notes: str | None  # what else was changed, in sentences for people

    @property
    def compression_ratio(self) -> float:
        """Compressed size over original size."""
        return round(self.compressed_size / self.original_size, 4)


@dataclass(frozen=True, slots=True)
class Job:
    """One row. Times are UTC and aware; sizes are bytes. Field names are the columns."""

    blob_name: str
    status: Status
    upload_etag: str
    file_size: int
    file_type: str
    created_at: datetime
    updated_at: datetime
    enqueued_at: datetime  # when a message was last sent for it, or for when it was delayed
    attempts: int = 0  # how many were started
    lost: int = 0  # how many of them, before the last, ended without a word
    handed_back: int = 0  # how many of them were given up unfinished, as their worker was to end
    lighter: int = 0  # how many of them were more than the machine could do
    attempt_id: str | None = None
    lease_until: datetime | None = None
    next_attempt_at: datetime | None = None
    stage: str | None = None  # downloading, probing, encoding, verifying, delivering
    progress: float | None = None  # percent of the attempt
    processing_started_at: datetime | None = None
    completed_at: datetime | None = None
    failed_at: datetime | None = None
    original_size: int | None = None
    compressed_size: int | None = None
    compression_ratio: float | None = None
    processing_time: float | None = None
    output_url: str | None = None  # without a signature: links are minted when read
    output_etag: str | None = None
    processed_blob_name: str | None = None  # announced before the result is committed
    format: str | None = None
    passthrough: str | None = None
    notes: str | None = None
    error_code: str | None = None
    error_message: str | None = None
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
    def is_failed(self) -> bool:
        """Whether the job was given up."""
        return self.status is Status.FAILED

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will happen to this upload."""
        return self.status in (Status.COMPLETED, Status.FAILED, Status.EXPIRED)

    @property
    def spent(self) -> int:
        """How many attempts count against the job."""
        return self.attempts - self.handed_back

    @property
    def deaths(self) -> int:
        """How many attempts ended without a word, once no lease runs any more."""
        return self.lost + (self.status is Status.PROCESSING)

    def is_leased(self, now: datetime) -> bool:
        """Whether an attempt owns the job at this moment."""
        return (
            self.status is Status.PROCESSING
            and self.lease_until is not None
            and self.lease_until > now
        )

    def is_held_by(self, claimed: "Job") -> bool:
        """Whether the attempt that wrote `claimed` still owns the job."""
        return self.status is Status.PROCESSING and (self.attempt_id, self.upload_etag) == (
            claimed.attempt_id,
            claimed.upload_etag,
        )

    def claimed(self, attempt_id: str, now: datetime, lease: timedelta) -> "Job":
        """The job in the hands of a new attempt.

        An attempt that vanished without a word may be a deployment; a second one is taken for work
        that its machine could not bear.
        """
        begun = Transition(now, Status.PROCESSING.value, self.attempts + 1)
        vanished_again = self.status is Status.PROCESSING and self.lost > 0
        return replace(
            self,
            lost=self.deaths,
            lighter=self.lighter + vanished_again,
            status=Status.PROCESSING,
            attempts=self.attempts + 1,
            attempt_id=attempt_id,
            lease_until=now + lease,
            next_attempt_at=None,
            stage="downloading",
            progress=0.0,
            processing_started_at=now,
            error_code=None,
            error_message=None,
            updated_at=now,
            timeline=extended(self.bereft().timeline, begun),
        )

    def bereft(self) -> "Job":
        """As it is to be told once no lease runs any more: without its attempt it waits again."""
        if self.status is not Status.PROCESSING:
            return self
        lost_at, reason = self.lease_until or self.updated_at, WorkerLostError()
        return replace(
            self,
            status=Status.QUEUED,
            stage=None,
            progress=None,
            error_code=reason.code,
            timeline=self._then(Status.QUEUED, lost_at, error=reason),
        )

    def beaten(self, stage: str, progress: float, now: datetime, lease: timedelta) -> "Job":
        """The job after a heartbeat of its attempt."""
        return replace(
            self, stage=stage, progress=progress, lease_until=now + lease, updated_at=now
        )

    def completed(self, outcome: Outcome, now: datetime) -> "Job":
        """The job with its result."""
        return replace(
            self,
            status=Status.COMPLETED,
            completed_at=now,
            updated_at=now,
            lease_until=None,
            stage=None,
            progress=100.0,
            original_size=outcome.original_size,
            compressed_size=outcome.compressed_size,
            compression_ratio=outcome.compression_ratio,
            processing_time=outcome.processing_time,
            output_url=outcome.output_url,
            output_etag=outcome.output_etag,
            processed_blob_name=outcome.processed_blob_name,
            format=outcome.format,
            passthrough=outcome.passthrough,
            notes=outcome.notes,
            timeline=self._then(Status.COMPLETED, now),
        )

    def requeued(self, error: MediaProcessorError, at: datetime, now: datetime) -> "Job":
        """The job back in the queue, to be tried again at `at`."""
        return replace(
            self,
            status=Status.QUEUED,
            next_attempt_at=at,
            enqueued_at=now,
            lease_until=None,
            stage=None,
            progress=None,
            error_code=error.code,
            error_message=error.message,
            lighter=self.lighter + error.was_too_much,
            updated_at=now,
            timeline=self._then(Status.QUEUED, now, error=error),
        )

    def released(self, reason: MediaProcessorError, now: datetime) -> "Job":
        """The job back in the queue, to be claimed at once: its attempt does not count."""
        requeued = self.requeued(reason, now, now)
        return replace(requeued, handed_back=self.handed_back + 1)

    def failed(self, error: MediaProcessorError, now: datetime) -> "Job":
        """The job given up, with the reason that clients may read."""
        return replace(
            self,
            status=Status.FAILED,
            failed_at=now,
            lease_until=None,
            next_attempt_at=None,
            stage=None,
            error_code=error.code,
            error_message=error.message,
            updated_at=now,
            timeline=self._then(Status.FAILED, now, error=error),
        )

    def expired(self, now: datetime) -> "Job":
        """The job after its result, or its failed upload, was deleted in its time."""
        return replace(
            self,
            status=Status.EXPIRED,
            output_url=None,
            updated_at=now,
            timeline=self._then(Status.EXPIRED, now),
        )

    def _then(
        self,
        status: Status,
        now: datetime,
        error: MediaProcessorError | None = None,
    ) -> Timeline:
        code = error.code if error else None
        return extended(self.timeline, Transition(now, status.value, self.attempts, code))


def new_job(
    upload: Upload,
    now: datetime,
    refusal: PermanentError | None = None,
    *,
    before: Timeline = (),
) -> Job:
    """The first record of an upload: queued, or born failed when it is not acceptable.

    `before` is what happened to earlier uploads of the name.
    """
    job = Job(
        blob_name=upload.blob_name,
        status=Status.QUEUED,
        upload_etag=upload.etag,
        file_size=upload.size_bytes,
        file_type=file_type(upload.blob_name),
        created_at=now,
        updated_at=now,
        enqueued_at=now,
        timeline=extended(before, Transition(now, Status.QUEUED.value, 0, upload_etag=upload.etag)),
    )
    return job.failed(refusal, now) if refusal else job
