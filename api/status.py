"""GET /api/status: where a job stands, and a fresh link to its result."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from api.blob_name import given_name
from api.delivery_view import DeliveryView, delivery_view
from api.key import caller_who_may
from api.problem import problems
from api.timestamp import Timestamp
from errors.requests import ExpiredJobError, UnknownJobError
from jobs.alarm import public_view
from jobs.caller import Caller, Scope
from jobs.job import Job, Status
from jobs.public import public_fields
from jobs.stage import Stage
from lifecycle.awaited import deliveries_of
from lifecycle.intake import current_job
from lifecycle.links import current_link, deletes_at, has_expired
from lifecycle.services import Services


class FactsView(BaseModel):
    """What is known of a photo or a video; what nothing tells is null."""

    width: int  # pixels, as it is shown
    height: int
    codec: str  # of the frames; of an image its format
    duration_s: float | None
    frame_rate: float | None  # frames a second
    sound: str | None  # the codec of its sound


class MediaView(BaseModel):
    """The upload and its result."""

    before: FactsView | None
    after: FactsView | None


class NoteView(BaseModel):
    """One thing that was changed beside the size."""

    code: str
    text: str  # the sentence for people


class JobStatus(BaseModel):
    """What a client polls. Sizes are bytes, times UTC; what is not known yet is null."""

    blob_name: str
    status: Status
    file_size: int
    file_type: str  # the extension of the upload's name
    order: dict[str, str | int | bool]  # what was asked, with the deployment's own choices
    reference: str | None  # the client's own text, as it was asked
    created_at: Timestamp
    updated_at: Timestamp
    processing_started_at: Timestamp | None
    completed_at: Timestamp | None
    failed_at: Timestamp | None
    stage: Stage | None  # of the running attempt
    progress: float | None  # percent of the running attempt
    attempts: int
    next_attempt_at: Timestamp | None  # when a queued job waits to be tried again
    original_size: int | None = None
    compressed_size: int | None = None
    compression_ratio: float | None = None  # compressed size over original size
    processing_time: float | None = None  # seconds
    processed_blob_name: str | None
    format: str | None = None  # of the result
    passthrough: str | None = None  # already_compact, not_smaller, encoding_failed
    notes: list[NoteView]  # what else was changed
    media: MediaView | None = None  # of a completed job
    output_url: str | None  # private link, read only
    expires_at: Timestamp | None  # when the link ends
    deletes_at: Timestamp | None  # when the result (or a failed job's upload) is deleted
    error_code: str | None  # why the job failed, or why it waits to be tried again
    error_message: str | None  # of a failed job only: it is shown to people
    deliveries: list[DeliveryView]  # to whom its end was told, and how far that is


def status_router(services: Services) -> APIRouter:
    """The route, guarded by a key that may read."""
    may_read = Depends(caller_who_may(services, Scope.READ))
    router = APIRouter(tags=["jobs"])

    @router.get(
        "/api/status",
        responses=problems(
            {
                400: "No blob_name was given, or one that no upload can have.",
                401: "No valid key was given.",
                403: "The key is not meant for that.",
                404: "There is no job for this blob name.",
                410: "The job ended, and has expired.",
                503: "Storage did not answer.",
            }
        ),
    )
    def status(
        response: Response,
        caller: Annotated[Caller, may_read],
        blob_name: Annotated[str | None, Query(description="Name of the blob in uploads.")] = None,
    ) -> JobStatus:
        """Where the job of an upload stands. A failed job answers 200 with its code and message.

        An upload that the blob trigger has not noticed yet is noticed here, and is `queued`; so is
        one that replaced an upload whose job had ended.
        """
        job = current_job(services, given_name(caller, blob_name))
        if job is None:
            raise UnknownJobError
        if has_expired(services, job):
            raise ExpiredJobError
        response.headers["Cache-Control"] = "no-store"
        return job_status(services, job)

    return router


def job_status(services: Services, job: Job) -> JobStatus:
    """The public view of a job; mints the link when there is a result to link to."""
    job = public_view(job, services.clock())
    link = current_link(services, job)
    return JobStatus.model_validate(
        public_fields(job)
        | {
            "deletes_at": deletes_at(services, job),
            "output_url": link.url if link else None,
            "expires_at": link.expires_at if link else None,
            "deliveries": [delivery_view(each) for each in deliveries_of(services, job)],
        }
    )
