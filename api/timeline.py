"""GET /api/timeline: what happened to an upload, also after its job is gone."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from api.blob_name import BlobName, given_name
from api.key import caller_who_may
from api.problem import GUARDED, problems
from api.schema import ERROR_CODE, named
from api.timestamp import Timestamp
from errors.requests import UnknownJobError
from jobs.alarm import public_view
from jobs.caller import Caller, Scope
from jobs.job import Status
from lifecycle.intake import latest_job
from lifecycle.services import Services


class TransitionView(BaseModel):
    """One change of a job's status."""

    at: Timestamp = Field(description="When it happened.")
    to: Status = Field(description="The status from then on.")
    attempt: int = Field(description="How many attempts of this upload had been started.")
    error_code: str | None = Field(
        description="Why the job waits again, or was given up.", json_schema_extra=named(ERROR_CODE)
    )
    upload_etag: str | None = Field(
        description="Of the first transition of each upload: its version."
    )


class TimelineView(BaseModel):
    """Every transition of all uploads of one name, the oldest first; the latest hundred."""

    blob_name: str = Field(description="The name of the upload.")
    status: Status = Field(description="Where the latest job stands.")
    transitions: list[TransitionView] = Field(description="The oldest first.")


def timeline_router(services: Services) -> APIRouter:
    """The route, guarded by a key that may read."""
    may_read = Depends(caller_who_may(services, Scope.READ))
    router = APIRouter(tags=["jobs"])

    @router.get(
        "/api/timeline",
        responses=problems(
            GUARDED
            | {
                400: "No blob_name was given, or one that no upload can have.",
                404: "There is no job for this blob name, or it was forgotten.",
            }
        ),
    )
    def timeline(
        response: Response,
        caller: Annotated[Caller, may_read],
        blob_name: BlobName = None,
    ) -> TimelineView:
        """What happened to the uploads of a name; kept for HISTORY_RETENTION_DAYS after its end."""
        name = given_name(caller, blob_name)
        job = latest_job(services, name)
        if job is None:
            raise UnknownJobError
        job = public_view(job, services.clock())
        response.headers["Cache-Control"] = "no-store"
        return TimelineView(
            blob_name=job.blob_name,
            status=job.status,
            transitions=[
                TransitionView.model_validate(each, from_attributes=True) for each in job.timeline
            ],
        )

    return router
