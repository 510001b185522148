"""The contract in three steps, for videos: /video/receive, a push of the result, /video/confirm."""

from typing import Annotated, Literal
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, Field

from api.body import small_body
from api.contracts.words import REFUSALS, ContractRoute, word_for
from api.form_door import FormDoor
from api.form_schema import described_form
from api.key import caller_who_may
from api.problem import problems
from api.schema import ALWAYS_SENT
from errors.requests import BadFormError, ExpiredJobError, UnknownJobError
from jobs.alarm import public_view
from jobs.caller import Caller, Scope
from jobs.contract import VIDEO, Contract
from jobs.job import Job, Status
from lifecycle.confirm import confirm_video
from lifecycle.ingest import job_sent_as
from lifecycle.services import Services
from lifecycle.transfer_state import transfer_state_of

VIDEO_ID = "What the sender calls the video."
CONFIRM_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["video_id"],
                    "properties": {"video_id": {"type": "string", "description": VIDEO_ID}},
                }
            }
        },
    }
}
ABOUT_A_VIDEO = {
    401: "No valid key was given.",
    403: "The key is not meant for that.",
    404: "No video was sent under this id.",
    410: "The job ended, and has expired.",
    503: "Storage did not answer.",
}


class Queued(BaseModel):
    """The video is stored, and has its job."""

    model_config = ALWAYS_SENT

    status: Literal["queued"] = Field(default="queued", description="Always this word.")
    video_id: str = Field(description=VIDEO_ID)


class Confirmed(BaseModel):
    """The sender has the result."""

    model_config = ALWAYS_SENT

    status: Literal["completed"] = Field(default="completed", description="Always this word.")
    video_id: str = Field(description=VIDEO_ID)


class VideoStatus(BaseModel):
    """Where the job of a video stands."""

    video_id: str = Field(description=VIDEO_ID)
    status: str = Field(description="queued, processing, completed, or failed: why.")


def video_router(services: Services, door: FormDoor) -> APIRouter:
    """The routes, guarded by keys that may send files, ask for them, and confirm."""
    may_send = Depends(caller_who_may(services, Scope.INGEST))
    may_read = Depends(caller_who_may(services, Scope.READ))
    may_confirm = Depends(caller_who_may(services, Scope.CONFIRM))
    router = APIRouter(tags=["learning platforms"], route_class=ContractRoute)

    @router.post(
        "/video/receive", openapi_extra=described_form(VIDEO), responses=problems(REFUSALS)
    )
    async def video_receive(request: Request, caller: Annotated[Caller, may_send]) -> Queued:
        """Takes a video in a form: the field `file`; any option may stand beside it."""
        return Queued(video_id=await door.receive(request, caller, VIDEO))

    @router.post(
        "/video/confirm",
        openapi_extra=CONFIRM_FORM,
        responses=problems(ABOUT_A_VIDEO | {400: "There is nothing to confirm yet, or no id."}),
    )
    def video_confirm(
        caller: Annotated[Caller, may_confirm], video_id: Annotated[str, Depends(_given_id)]
    ) -> Confirmed:
        """Says that the result has arrived; may be repeated."""
        confirm_video(services, video_id, caller.tenant)
        return Confirmed(video_id=video_id)

    @router.get(
        "/video/status/{video_id}",
        responses=problems(ABOUT_A_VIDEO),
    )
    def video_status(
        caller: Annotated[Caller, may_read],
        video_id: Annotated[str, Path(description=VIDEO_ID)],
    ) -> VideoStatus:
        """Where the newest video of this id stands."""
        word = _word_of(services, job_sent_as(services, Contract.VIDEO, video_id, caller.tenant))
        return VideoStatus(video_id=video_id, status=word)

    return router


def _word_of(services: Services, job: Job | None) -> str:
    if job is None:
        raise UnknownJobError("No video was sent under this id.")
    if job.status is Status.EXPIRED and not job.confirmed_at:
        raise ExpiredJobError
    return word_for(public_view(job, services.clock()), transfer_state_of(services, job))


async def _given_id(request: Request) -> str:
    """Read here and not by FastAPI, which would do so before it looks at the key."""
    fields = parse_qs((await small_body(request)).decode(errors="replace"))
    video_id = fields.get("video_id", [""])[0].strip()
    if not video_id:
        raise BadFormError("Send the field video_id, as application/x-www-form-urlencoded.")
    return video_id
