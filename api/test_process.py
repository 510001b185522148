"""POST /api/test-process: start a job by hand. Exists only where a setting enables it."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from api.blob_name import given_name
from api.json_body import body_of, described
from api.key import caller_who_may
from api.problem import GUARDED, problems
from api.status import JobStatus, job_status
from errors.requests import ExpiredJobError, UnknownJobError
from jobs.caller import Caller, Scope
from lifecycle.intake import accept_blob
from lifecycle.links import has_expired
from lifecycle.services import Services


class TestProcessRequest(BaseModel):
    """Which upload to process."""

    blob_name: str = Field(min_length=1, max_length=1024, description="The name of the upload.")


def test_process_router(services: Services) -> APIRouter:
    """The route, guarded by the key that may do everything."""
    may_do_all = Depends(caller_who_may(services, Scope.ADMIN))
    router = APIRouter(tags=["testing"])

    @router.post(
        "/api/test-process",
        status_code=202,
        openapi_extra=described(TestProcessRequest),
        responses=problems(
            GUARDED
            | {
                400: "No upload can have this name.",
                404: "There is no upload of this name.",
                410: "Its job ended, and has expired.",
                422: "The body is not as described.",
            }
        ),
    )
    def test_process(
        caller: Annotated[Caller, may_do_all],
        request: Annotated[TestProcessRequest, Depends(body_of(TestProcessRequest))],
    ) -> JobStatus:
        """Does what the blob trigger does, and also starts a failed job again."""
        job = accept_blob(services, given_name(caller, request.blob_name), again=True)
        if job is None:
            raise UnknownJobError("There is no upload of this name.")
        if has_expired(services, job):
            raise ExpiredJobError
        return job_status(services, job)

    return router
