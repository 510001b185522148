"""POST /api/test-process: start a job by hand. Exists only where a setting enables it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field, ValidationError

from api.key import key_required
from api.problem import problems
from api.status import JobStatus, job_status
from errors import InvalidRequestError, UnknownJobError
from lifecycle.intake import accept_blob
from lifecycle.services import Services


class TestProcessRequest(BaseModel):
    """Which upload to process."""

    blob_name: str = Field(min_length=1, max_length=1024)


DESCRIBED_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": TestProcessRequest.model_json_schema()}},
    }
}


def test_process_router(services: Services) -> APIRouter:
    """The route, guarded by the API key."""
    guard = Depends(key_required(services.settings.api_key.get_secret_value()))
    router = APIRouter(tags=["testing"], dependencies=[guard])

    @router.post(
        "/api/test-process",
        status_code=202,
        openapi_extra=DESCRIBED_BODY,
        responses=problems(
            {
                401: "No valid API key was given.",
                404: "There is no upload of this name.",
                422: "The body is not as described.",
                503: "Storage did not answer.",
            }
        ),
    )
    def test_process(request: Annotated[TestProcessRequest, Depends(_read)]) -> JobStatus:
        """Does what the blob trigger does, and also starts a failed job again."""
        job = accept_blob(services, request.blob_name, again=True)
        if job is None:
            raise UnknownJobError("There is no upload of this name.")
        return job_status(services, job)

    return router


async def _read(request: Request) -> TestProcessRequest:
    """Read here and not by FastAPI, which would do so before it looks at the key."""
    try:
        return TestProcessRequest.model_validate_json(await request.body())
    except ValidationError:
        raise InvalidRequestError from None
