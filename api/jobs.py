"""/api/cancel, /api/requeue, /api/extend, /api/jobs: what a client may do to jobs."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.blob_name import BlobName, given_name, status_url
from api.json_body import body_of, described
from api.key import caller_who_may
from api.problem import GUARDED, problems
from api.status import JobStatus, job_status
from jobs.caller import Caller, Scope
from lifecycle.ingest import form_options
from lifecycle.job_verbs import cancel_job, delete_job, extend_job, requeue_job
from lifecycle.services import Services

MOST_MINUTES = 43_200
USUAL_MINUTES = 60
ABOUT_ONE = GUARDED | {
    400: "No blob_name was given, or one that no upload can have.",
    404: "There is no job for this blob name.",
    410: "The job ended, and has expired.",
    422: "A parameter is not as described.",
}


class OtherOptions(BaseModel):
    """What is to be otherwise this time."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"options": {"image_output": "avif"}}]}
    )

    options: dict[str, Any] = Field(
        default_factory=dict,
        description="Options in place of those that the job had, without mp_; others stay.",
        json_schema_extra={"properties": form_options()},
    )


def jobs_router(services: Services) -> APIRouter:
    """The routes, guarded by keys that may change jobs."""
    router = APIRouter(tags=["jobs"])
    may_change = Depends(caller_who_may(services, Scope.JOBS))
    _add_ends(router, services, may_change)
    _add_repeats(router, services, may_change)
    _add_lengths(router, services, may_change)
    return router


def _add_ends(router: APIRouter, services: Services, may_change: Any) -> None:
    @router.post("/api/cancel", responses=problems(ABOUT_ONE | {409: "The job has ended already."}))
    def cancel(
        response: Response,
        caller: Annotated[Caller, may_change],
        blob_name: BlobName = None,
        keep: Annotated[
            bool, Query(description="Whether the upload stays, as that of any failed job.")
        ] = False,
    ) -> JobStatus:
        """Ends a job that has not ended: it is `failed`, with CANCELLED.

        A running attempt stops within seconds. The upload is deleted.
        """
        response.headers["Cache-Control"] = "no-store"
        return job_status(services, cancel_job(services, given_name(caller, blob_name), keep=keep))

    @router.delete(
        "/api/jobs",
        status_code=204,
        responses=problems(
            {status: text for status, text in ABOUT_ONE.items() if status not in (410, 422)}
            | {409: "An attempt is at work; cancel the job first."}
        ),
    )
    def delete(caller: Annotated[Caller, may_change], blob_name: BlobName = None) -> None:
        """Deletes the result and the upload of a job now. May be repeated.

        Its timeline stays, as that of any job that has expired. A job that waits is cancelled.
        """
        delete_job(services, given_name(caller, blob_name))


def _add_repeats(router: APIRouter, services: Services, may_change: Any) -> None:
    @router.post(
        "/api/requeue",
        status_code=202,
        openapi_extra=described(OtherOptions, required=False),
        responses=problems(
            ABOUT_ONE
            | {
                409: "The job did not fail.",
                410: "The upload is gone, or the job ended and has expired.",
                413: "The file is larger than this service accepts.",
                422: "The body is not as described, or an option is not known.",
            }
        ),
    )
    def requeue(
        response: Response,
        caller: Annotated[Caller, may_change],
        asked: Annotated[OtherOptions, Depends(body_of(OtherOptions))],
        blob_name: BlobName = None,
    ) -> JobStatus:
        """Has a failed job tried again as if it were new, perhaps with other options."""
        job = requeue_job(services, given_name(caller, blob_name), asked.options)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Location"] = status_url(job.blob_name)
        return job_status(services, job)


def _add_lengths(router: APIRouter, services: Services, may_change: Any) -> None:
    @router.post("/api/extend", responses=problems(ABOUT_ONE | {409: "The job has not ended yet."}))
    def extend(
        response: Response,
        caller: Annotated[Caller, may_change],
        blob_name: BlobName = None,
        minutes: Annotated[
            int, Query(ge=1, le=MOST_MINUTES, description="How long from now on.")
        ] = USUAL_MINUTES,
    ) -> JobStatus:
        """Keeps the result, or the upload of a failed job, for longer: see `deletes_at`.

        What is kept for longer already stays so.
        """
        response.headers["Cache-Control"] = "no-store"
        length = timedelta(minutes=minutes)
        return job_status(services, extend_job(services, given_name(caller, blob_name), length))
