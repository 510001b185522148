"""An entry of the index: what lists and statistics tell of one job, found by its day."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jobs.job import Job, Status
from jobs.message import Priority

DAY = "%Y%m%d"
# Of keys that sort the newest first: microseconds since 1970, counted down.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HIGHEST = 10**16 - 1


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """Follows from the row of the job alone, whoever writes it and how often."""

    tenant: str  # "": it belongs to none
    job_key: str
    blob_name: str
    upload_etag: str
    created_at: datetime
    status: Status | None  # of its end; None: it had none, and the row says where it stands
    file_type: str
    lane: Priority
    attempts: int
    bytes_before: int
    bytes_after: int | None = None
    seconds: float | None = None  # from the claim to the verified result
    waited_s: float | None = None  # until the last attempt began
    error_code: str | None = None
    settled_at: datetime | None = None

    @property
    def partition(self) -> str:
        """The day, apart from those of other tenants."""
        return partition_of(self.tenant, self.created_at)

    @property
    def key(self) -> str:
        """Sorts the newest first; at most 417 characters, since a job's key has 400."""
        return f"{newest_first(self.created_at)}-{self.job_key}"


def entry_of(job: Job, tenant: str) -> IndexEntry:
    """What the index says of a job; also of one that has expired."""
    end = job.failed_at or job.completed_at
    waited = job.processing_started_at - job.created_at if job.processing_started_at else None
    result = job.result
    return IndexEntry(
        tenant=tenant,
        job_key=job.key,
        blob_name=job.blob_name,
        upload_etag=job.upload_etag,
        created_at=job.created_at,
        status=(Status.FAILED if job.failed_at else Status.COMPLETED) if end else None,
        file_type=job.file_type,
        lane=job.priority,
        attempts=job.attempts,
        bytes_before=job.file_size,
        bytes_after=result.compressed_size if result else None,
        seconds=result.processing_time if result else None,
        waited_s=waited.total_seconds() if waited else None,
        error_code=job.error_code if job.failed_at else None,
        settled_at=end,
    )


def is_about(entry: IndexEntry, job: Job) -> bool:
    """Whether the job is the one of the entry, and not that of another upload of the name."""
    return (job.upload_etag, job.created_at) == (entry.upload_etag, entry.created_at)


def partition_of(tenant: str, at: datetime) -> str:
    """Where the jobs of a day stand."""
    return f"{tenant}|{at.astimezone(UTC).strftime(DAY)}"


def newest_first(at: datetime) -> str:
    """Digits that sort the other way round."""
    return f"{HIGHEST - (at - EPOCH) // timedelta(microseconds=1):016d}"
