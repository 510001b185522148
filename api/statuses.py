"""POST /api/status: where many jobs stand, by one question."""

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from api.blob_name import MOST_NAMES, given_name
from api.json_body import body_of, described
from api.key import caller_who_may
from api.problem import GUARDED, problems
from api.schema import ERROR_CODE, named
from api.snapshot import snapshot_of
from api.status import JobStatus, link_fields
from errors import MediaProcessorError
from jobs.caller import Caller, Scope
from lifecycle.services import Services

AT_ONCE = 8  # for each process


class StatusQuestion(BaseModel):
    """The jobs that are asked for."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"blob_names": ["a.jpg", "b.mp4"]}]}
    )

    blob_names: list[str] = Field(
        min_length=1, max_length=MOST_NAMES, description="Names of blobs in uploads."
    )


class StatusOfOne(BaseModel):
    """One of them."""

    blob_name: str = Field(description="As it was given.")
    job: JobStatus | None = Field(description="Where it stands; null: see code.")
    code: str | None = Field(
        description="Why nothing is told, such as UNKNOWN_JOB or EXPIRED.",
        json_schema_extra=named(ERROR_CODE),
    )


class Statuses(BaseModel):
    """In the order of the question."""

    jobs: list[StatusOfOne] = Field(description="One for each name.")


def statuses_router(services: Services) -> APIRouter:
    """The route, guarded by a key that may read."""
    may_read = Depends(caller_who_may(services, Scope.READ))
    router = APIRouter(tags=["jobs"])
    threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="statuses")

    @router.post(
        "/api/status",
        openapi_extra=described(StatusQuestion),
        responses=problems(
            GUARDED
            | {
                422: "The body is not as described.",
                429: "The key asks too often.",
            }
        ),
    )
    def statuses(
        response: Response,
        caller: Annotated[Caller, may_read],
        asked: Annotated[StatusQuestion, Depends(body_of(StatusQuestion))],
    ) -> Statuses:
        """The same as GET for each name; one that cannot be told has its code instead."""
        response.headers["Cache-Control"] = "no-store"

        def answer_of(given: str) -> StatusOfOne:
            return _of_one(services, caller, given)

        return Statuses(jobs=list(threads.map(answer_of, asked.blob_names)))

    return router


def _of_one(services: Services, caller: Caller, given: str) -> StatusOfOne:
    """Raises what is no fault of this one, such as a storage that does not answer."""
    try:
        snapshot = snapshot_of(services, given_name(caller, given))
        view = snapshot.view.model_copy(update=link_fields(services, snapshot.job))
    except MediaProcessorError as error:
        if error.http_status == 503:
            raise
        return StatusOfOne(blob_name=given, job=None, code=error.code)
    return StatusOfOne(blob_name=given, job=view, code=None)
