"""GET /api/status: where a job stands, at once or as soon as there is news, with a fresh link."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from api.blob_name import BlobName, given_name
from api.key import caller_who_may
from api.problem import GUARDED, problems
from api.snapshot import Snapshot
from api.status import JobStatus, link_fields
from jobs.caller import Caller, Scope
from jobs.job import Job, Status
from lifecycle.services import Services
from lifecycle.watch import Watches

MOST_WAIT_S = 60
PROCESSING_RETRY_S = 2
# A job that has waited for long is asked for less often.
QUEUED_RETRY_S = range(1, 6)
AGE_PER_RETRY_S = 10.0
REFUSALS = problems(
    GUARDED
    | {
        400: "No blob_name was given, or one that no upload can have.",
        404: "There is no job for this blob name.",
        410: "The job ended, and has expired.",
        422: "A parameter is not as described.",
        429: "Too many requests wait, or the key asks too often.",
    }
) | {304: {"description": "It is still as If-None-Match has it; there is no body."}}
Wait = Annotated[
    int,
    Query(
        ge=0,
        le=MOST_WAIT_S,
        description="Seconds to wait for an end, or for news where If-None-Match is sent.",
    ),
]


def status_router(services: Services, watches: Watches[Snapshot]) -> APIRouter:
    """The route, guarded by a key that may read."""
    may_read = Depends(caller_who_may(services, Scope.READ))
    router = APIRouter(tags=["jobs"])

    @router.get(
        "/api/status",
        response_model=JobStatus,
        responses=REFUSALS,
    )
    async def status(
        request: Request,
        response: Response,
        caller: Annotated[Caller, may_read],
        blob_name: BlobName = None,
        wait: Wait = 0,
    ) -> Any:
        """Where the job of an upload stands. A failed job answers 200 with its code and message.

        An upload that the blob trigger has not noticed yet is noticed here, and is `queued`; so is
        one that replaced an upload whose job had ended.
        """
        name, known = given_name(caller, blob_name), request.headers.get("if-none-match", "")
        snapshot = await watches.now(name)
        if wait and not _is_news(known, snapshot):
            snapshot = await watches.awaited(name, wait, partial(_is_news, known))
        headers = {"ETag": snapshot.tag, "Cache-Control": "no-store"}
        headers |= _retry(services, snapshot.job)
        if _is_known(snapshot, known):
            return Response(status_code=304, headers=headers)
        response.headers.update(headers)
        link = await watches.ask(partial(link_fields, services, snapshot.job))
        return snapshot.view.model_copy(update=link)

    return router


def _is_news(known: str, snapshot: Snapshot) -> bool:
    return not _is_known(snapshot, known) if known else snapshot.job.is_settled


def _is_known(snapshot: Snapshot, known: str) -> bool:
    """Marks are compared as weak ones, which is what they are."""
    return any(each.strip().removeprefix("W/") == snapshot.tag[2:] for each in known.split(","))


def _retry(services: Services, job: Job) -> dict[str, str]:
    """When it is worth asking again."""
    if job.is_settled:
        return {}
    if job.status is Status.PROCESSING:
        return {"Retry-After": str(PROCESSING_RETRY_S)}
    age_s = (services.clock() - job.created_at).total_seconds()
    least, most = QUEUED_RETRY_S[0], QUEUED_RETRY_S[-1]
    return {"Retry-After": str(min(max(int(age_s / AGE_PER_RETRY_S), least), most))}
