"""How the status of a job stands in answers."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from api.delivery_view import DeliveryView, delivery_view
from api.schema import ERROR_CODE, NOTE_CODE, PASSTHROUGH_WORDS, named, one_of
from api.timestamp import Timestamp
from jobs.alarm import public_view
from jobs.job import Job, Status
from jobs.public import public_fields
from jobs.stage import Stage
from lifecycle.awaited import deliveries_of
from lifecycle.ingest import form_options
from lifecycle.links import current_link, deletes_at
from lifecycle.services import Services


class FactsView(BaseModel):
    """What is known of a photo or a video; what nothing tells is null."""

    width: int = Field(description="Pixels, as it is shown.")
    height: int = Field(description="Pixels, as it is shown.")
    codec: str = Field(description="The codec of its frames; of an image its format.")
    duration_s: float | None = Field(description="Seconds that it plays.")
    frame_rate: float | None = Field(description="Frames a second.")
    sound: str | None = Field(description="The codec of its sound.")


class MediaView(BaseModel):
    """The upload and its result."""

    before: FactsView | None = Field(description="The upload.")
    after: FactsView | None = Field(description="The result.")


class NoteView(BaseModel):
    """One thing that was changed beside the size."""

    code: str = Field(description="For programs.", json_schema_extra=named(NOTE_CODE))
    text: str = Field(description="The sentence for people.")


STATUS_EXAMPLE: dict[str, Any] = {
    "blob_name": "upload-1.mp4",
    "status": "completed",
    "file_size": 10485760,
    "file_type": "mp4",
    "order": {"profile": "balanced", "video_output": "h264", "retention": 10},
    "reference": None,
    "created_at": "2026-01-02T08:00:00Z",
    "updated_at": "2026-01-02T08:00:20Z",
    "processing_started_at": "2026-01-02T08:00:05Z",
    "completed_at": "2026-01-02T08:00:20Z",
    "failed_at": None,
    "stage": None,
    "progress": None,
    "attempts": 1,
    "next_attempt_at": None,
    "original_size": 10485760,
    "compressed_size": 5242880,
    "compression_ratio": 0.5,
    "processing_time": 15.2,
    "processed_blob_name": "processed-1.mp4",
    "format": "mp4",
    "passthrough": None,
    "notes": [],
    "media": None,
    "output_url": "https://account.blob.core.windows.net/processed/processed-1.mp4?se=...",
    "expires_at": "2026-01-02T08:10:20Z",
    "deletes_at": "2026-01-02T08:10:20Z",
    "error_code": None,
    "error_message": None,
    "deliveries": [],
}


class JobStatus(BaseModel):
    """What a client polls. Sizes are bytes, times UTC; what is not known yet is null."""

    blob_name: str = Field(description="The name of the upload.")
    status: Literal[Status.QUEUED, Status.PROCESSING, Status.COMPLETED, Status.FAILED] = Field(
        description="Where the job stands."
    )
    file_size: int = Field(description="Bytes of the upload.")
    file_type: str = Field(description="The extension of the upload's name, in lower case.")
    order: dict[str, str | int | bool] = Field(
        description="Every option that has a value, the deployment's own choices included.",
        json_schema_extra={"properties": form_options()},
    )
    reference: str | None = Field(description="The client's own text, as it was asked.")
    created_at: Timestamp = Field(description="When the upload was noticed.")
    updated_at: Timestamp = Field(description="When the row of the job was last written.")
    processing_started_at: Timestamp | None = Field(description="When the latest attempt began.")
    completed_at: Timestamp | None = Field(description="When the result was stored and verified.")
    failed_at: Timestamp | None = Field(description="When the job was given up.")
    stage: Stage | None = Field(description="What the running attempt is doing.")
    progress: float | None = Field(description="Percent of the running attempt.")
    attempts: int = Field(description="How many attempts were started.")
    next_attempt_at: Timestamp | None = Field(description="When a queued job is tried again.")
    original_size: int | None = Field(description="Bytes before.")
    compressed_size: int | None = Field(description="Bytes after; never more than before.")
    compression_ratio: float | None = Field(description="Compressed size divided by original size.")
    processing_time: float | None = Field(
        description="Seconds from the claim to the stored and verified result."
    )
    processed_blob_name: str | None = Field(description="The name of the result in processed.")
    format: str | None = Field(description="The format of the result, such as mp4 or webp.")
    passthrough: str | None = Field(
        description="Why the result is the source itself, cleaned; null: it was encoded.",
        json_schema_extra=one_of(PASSTHROUGH_WORDS),
    )
    notes: list[NoteView] = Field(description="What else a person should know of the result.")
    media: MediaView | None = Field(
        description="Facts of the upload and of the result, once the job is completed."
    )
    output_url: str | None = Field(
        description="A private, read-only link to the result, made for this answer."
    )
    expires_at: Timestamp | None = Field(description="When the link ends.")
    deletes_at: Timestamp | None = Field(
        description="When the result, or the upload of a failed job, is deleted; from then on 410."
    )
    error_code: str | None = Field(
        description="Why the job failed, or why a queued one waits to be tried again.",
        json_schema_extra=named(ERROR_CODE),
    )
    error_message: str | None = Field(description="Of a failed job: what to tell a person.")
    deliveries: list[DeliveryView] = Field(
        description="Of a job that has ended: who is told of it, and how far that is."
    )


def job_status(services: Services, job: Job) -> JobStatus:
    """The public view of a job; mints the link when there is a result to link to."""
    view = status_without_link(services, job)
    return view.model_copy(update=link_fields(services, job))


def status_without_link(services: Services, job: Job) -> JobStatus:
    """The same before a link is made: it changes only when the job or its deliveries do."""
    job = public_view(job, services.clock())
    return JobStatus.model_validate(
        public_fields(job)
        | {
            "deletes_at": deletes_at(services, job),
            "output_url": None,
            "expires_at": None,
            "deliveries": [delivery_view(each) for each in deliveries_of(services, job)],
        }
    )


def link_fields(services: Services, job: Job) -> dict[str, Any]:
    """What the status says of the link, which is made now."""
    link = current_link(services, public_view(job, services.clock()))
    return {"output_url": link.url, "expires_at": link.expires_at} if link else {}
