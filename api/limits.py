"""GET /api/limits: what a client must know before it sends anything; never written elsewhere."""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from lifecycle.limits import accepted_limits
from lifecycle.services import Services

REMEMBER_S = 60


class AcceptedFormatView(BaseModel):
    """One family of files, recognized by content."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(description="Of the family.")
    kind: Literal["image", "video"] = Field(description="What the family holds.")
    extensions: list[str] = Field(description="The usual ones, in lower case.")


class LimitsView(BaseModel):
    """What is accepted, and for how long things last; sizes are bytes."""

    model_config = ConfigDict(from_attributes=True)

    upload_max_bytes: int = Field(description="The largest file, by a link or written to storage.")
    form_max_image_bytes: int = Field(description="The largest image in a form.")
    form_max_video_bytes: int = Field(description="The largest video in a form.")
    single_max_bytes: int = Field(description="The largest file that a link takes in one request.")
    block_bytes: int = Field(description="A good size for the blocks of larger ones.")
    link_minutes: int = Field(description="How long an upload link lives.")
    link_renewable_days: int = Field(
        description="How long after it was made a fresh one can be had."
    )
    result_kept_minutes: int = Field(
        description="How long a result is kept, where the order asks for nothing else."
    )
    failure_kept_hours: int = Field(description="How long the upload of a failed job is kept.")
    poll_after_s: float = Field(
        description="Seconds after the upload, when to ask for a status first."
    )
    poll_every_s: float = Field(description="Seconds between questions then.")
    formats: list[AcceptedFormatView] = Field(
        description="What is accepted, by content and not by name."
    )


def limits_router(services: Services) -> APIRouter:
    """The route; any page may ask."""
    router = APIRouter(tags=["uploads"])

    @router.get("/api/limits")
    def limits(response: Response) -> LimitsView:
        """Public. Sizes, formats and times as this deployment has them."""
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cache-Control"] = f"public, max-age={REMEMBER_S}"
        return LimitsView.model_validate(accepted_limits(services))

    return router
