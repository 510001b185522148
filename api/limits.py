"""GET /api/limits: what a client must know before it sends anything; never written elsewhere."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from lifecycle.limits import accepted_limits
from lifecycle.services import Services

REMEMBER_S = 60


class AcceptedFormatView(BaseModel):
    """One family of files, recognized by content."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    kind: str  # image or video
    extensions: list[str]  # usual ones, in lower case


class LimitsView(BaseModel):
    """What is accepted, and for how long things last; sizes are bytes."""

    model_config = ConfigDict(from_attributes=True)

    upload_max_bytes: int  # by a link, or written to storage
    form_max_image_bytes: int
    form_max_video_bytes: int
    single_max_bytes: int  # of an upload by a link in one request
    block_bytes: int  # advised for larger ones
    link_minutes: int
    link_renewable_days: int
    result_kept_minutes: int  # where nothing else is asked
    failure_kept_hours: int
    poll_after_s: float  # before the first question for a status
    poll_every_s: float
    formats: list[AcceptedFormatView]


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
