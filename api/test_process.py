"""POST /api/test-process: start a job by hand. Exists only where a setting enables it."""

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from api.key import key_required
from api.status import JobStatus, job_status
from errors import UnknownJobError
from lifecycle.intake import accept_upload
from lifecycle.services import Services


class TestProcessRequest(BaseModel):
    """Which upload to process."""

    blob_name: str = Field(min_length=1, max_length=1024)


def test_process_router(services: Services) -> APIRouter:
    """The route, guarded by the API key."""
    guard = Depends(key_required(services.settings.api_key.get_secret_value()))
    router = APIRouter(tags=["testing"], dependencies=[guard])

    @router.post("/api/test-process", status_code=202)
    def test_process(request: TestProcessRequest) -> JobStatus:
        """Does what the blob trigger does, and also starts a failed job again."""
        upload = services.blobs.upload(request.blob_name)
        if upload is None:
            raise UnknownJobError("There is no upload of this name.")
        return job_status(services, accept_upload(services, upload, again=True))

    return router
