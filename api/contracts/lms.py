"""The contract of learning platforms that have the result brought to them: /compress/, /status/."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, Field

from api.contracts.words import NOT_FOUND, REFUSALS, ContractRoute, word_for
from api.form_door import FormDoor
from api.form_schema import described_form
from api.key import caller_who_may
from api.problem import problems
from api.schema import ALWAYS_SENT
from jobs.alarm import public_view
from jobs.caller import Caller, Scope
from jobs.contract import LMS, Contract
from lifecycle.ingest import job_sent_as
from lifecycle.services import Services
from lifecycle.transfer_state import transfer_state_of

MEDIA_ID = "What the sender calls the file."


class Accepted(BaseModel):
    """The file is stored, and has its job."""

    model_config = ALWAYS_SENT

    status: Literal["accepted"] = Field(default="accepted", description="Always this word.")
    mediaId: str = Field(description=MEDIA_ID)  # noqa: N815 -- the contract's word
    message: Literal["Compression started"] = Field(
        default="Compression started", description="Always this sentence."
    )


class MediaStatus(BaseModel):
    """Where the job of a file stands."""

    mediaId: str = Field(description=MEDIA_ID)  # noqa: N815 -- the contract's word
    status: str = Field(
        description="queued, processing, completed, db_update_failed, not_found, or failed: why."
    )


def lms_router(services: Services, door: FormDoor) -> APIRouter:
    """The routes, guarded by keys that may send files and ask for them."""
    may_send = Depends(caller_who_may(services, Scope.INGEST))
    may_read = Depends(caller_who_may(services, Scope.READ))
    router = APIRouter(tags=["learning platforms"], route_class=ContractRoute)

    @router.post("/compress", openapi_extra=described_form(LMS), responses=problems(REFUSALS))
    async def compress(request: Request, caller: Annotated[Caller, may_send]) -> Accepted:
        """Takes a photo or a video in a form: the field `file`; any option may stand beside it."""
        return Accepted(mediaId=await door.receive(request, caller, LMS))

    @router.get(
        "/status/{media_id}",
        name="media_status",
        responses=problems({401: "No valid key was given.", 403: "The key is not meant for that."}),
    )
    def media_status(
        caller: Annotated[Caller, may_read],
        media_id: Annotated[str, Path(description=MEDIA_ID)],
    ) -> MediaStatus:
        """Where the newest file of this id stands; also of one that was never sent."""
        job = job_sent_as(services, Contract.LMS, media_id, caller.tenant)
        word = NOT_FOUND
        if job:
            word = word_for(public_view(job, services.clock()), transfer_state_of(services, job))
        return MediaStatus(mediaId=media_id, status=word)

    return router
