"""GET /api/status: where a job stands, and a fresh link to its result."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, PlainSerializer

from api.blob_name import given_name
from api.key import key_required
from api.problem import problems
from errors import ExpiredJobError, UnknownJobError
from jobs.due import as_told, due_at
from jobs.job import Job, Status
from lifecycle.intake import current_job
from lifecycle.services import Services

# ISO 8601, whole seconds, UTC, as the first contract wrote it.
Timestamp = Annotated[
    datetime, PlainSerializer(lambda t: t.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
]


class JobStatus(BaseModel):
    """What a client polls. Sizes are bytes, times UTC; what is not known yet is null."""

    blob_name: str
    status: Status
    file_size: int
    file_type: str  # the extension of the upload's name
    created_at: Timestamp
    updated_at: Timestamp
    processing_started_at: Timestamp | None
    completed_at: Timestamp | None
    failed_at: Timestamp | None
    stage: str | None  # of the running attempt
    progress: float | None  # percent of the running attempt
    attempts: int
    next_attempt_at: Timestamp | None  # when a queued job waits to be tried again
    original_size: int | None
    compressed_size: int | None
    compression_ratio: float | None  # compressed size over original size
    processing_time: float | None  # seconds
    processed_blob_name: str | None
    format: str | None  # of the result
    passthrough: str | None  # already_compact, not_smaller: why the result is the source
    notes: str | None  # what else was changed, in sentences for people
    output_url: str | None  # private link, read only
    expires_at: Timestamp | None  # when the link ends
    deletes_at: Timestamp | None  # when the result (or a failed job's upload) is deleted
    error_code: str | None  # why the job failed, or why it waits to be tried again
    error_message: str | None  # of a failed job only: it is shown to people


def status_router(services: Services) -> APIRouter:
    """The route, guarded by the API key."""
    guard = Depends(key_required(services.settings.api_key.get_secret_value()))
    router = APIRouter(tags=["jobs"], dependencies=[guard])

    @router.get(
        "/api/status",
        responses=problems(
            {
                400: "No blob_name was given, or one that no upload can have.",
                401: "No valid API key was given.",
                404: "There is no job for this blob name.",
                410: "The job ended, and has expired.",
                503: "Storage did not answer.",
            }
        ),
    )
    def status(
        response: Response,
        blob_name: Annotated[str | None, Query(description="Name of the blob in uploads.")] = None,
    ) -> JobStatus:
        """Where the job of an upload stands. A failed job answers 200 with its code and message.

        An upload that the blob trigger has not noticed yet is noticed here, and is `queued`; so is
        one that replaced an upload whose job had ended.
        """
        job = current_job(services, given_name(blob_name))
        if job is None:
            raise UnknownJobError
        if job.status is Status.EXPIRED:
            raise ExpiredJobError
        response.headers["Cache-Control"] = "no-store"
        return job_status(services, job)

    return router


def job_status(services: Services, job: Job) -> JobStatus:
    """The public view of a job; mints the link when there is a result to link to."""
    job = as_told(job, services.clock())
    is_completed, is_failed = job.status is Status.COMPLETED, job.status is Status.FAILED
    deletes_at = due_at(job, services.terms) if is_completed or is_failed else None
    link, expires_at = _link(services, job, deletes_at)
    columns = {name: getattr(job, name) for name in JobStatus.model_fields if hasattr(job, name)}
    return JobStatus.model_validate(
        columns
        | {
            "processed_blob_name": job.processed_blob_name if is_completed else None,
            "output_url": link,
            "expires_at": expires_at,
            "deletes_at": deletes_at,
            "error_message": job.error_message if is_failed else None,
        }
    )


def _link(
    services: Services, job: Job, deletes_at: datetime | None
) -> tuple[str | None, datetime | None]:
    """A link that never outlives the blob; none once the result is due for deletion."""
    now = services.clock()
    if job.status is not Status.COMPLETED or not job.processed_blob_name or deletes_at is None:
        return None, None
    lifetime = timedelta(minutes=services.settings.link_lifetime_minutes)
    # Links carry whole seconds.
    expires_at = min(now + lifetime, deletes_at).replace(microsecond=0)
    if expires_at <= now:
        return None, None
    client = services.blobs.output_client(job.processed_blob_name)
    return services.links.read_link(client, expires_at, now), expires_at
