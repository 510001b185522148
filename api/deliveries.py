"""What became of deliveries, and once more."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.blob_name import BlobName, given_name
from api.delivery_view import (
    DeliveryView,
    LoggedDeliveryView,
    delivery_view,
    logged_view,
)
from api.json_body import body_of, described
from api.key import caller_who_may
from api.problem import GUARDED, problems
from api.webhooks import UNKNOWN, own_webhook
from errors.requests import InvalidRequestError, UnknownJobError
from jobs.caller import Caller, Scope
from jobs.delivery import DeliveryState
from lifecycle import deliveries
from lifecycle.intake import latest_job
from lifecycle.services import Services

DeliveryId = Annotated[str, Path(description="Of the delivery.")]
STATES: dict[str, Any] = {"enum": [*DeliveryState]}
OfState = Annotated[str | None, Query(description="Only these.", json_schema_extra=STATES)]
DISABLED = {409: "The webhook is disabled, or the delivery is being sent."}


class DeliveryPage(BaseModel):
    """The newest first; it may hold fewer than a hundred although there is another page."""

    deliveries: list[LoggedDeliveryView] = Field(description="The newest first.")
    continuation: str | None = Field(description="For the next page; null: this is the last one.")


class Recovery(BaseModel):
    """From when on."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime = Field(description="From when on; with a time zone.")


class Recovered(BaseModel):
    """How many deliveries begin again; after ten thousand, ask once more."""

    count: int = Field(description="How many deliveries begin again.")


def deliveries_router(services: Services) -> APIRouter:
    """The routes, each guarded by a key that may do it."""
    router = APIRouter(tags=["webhooks"])
    _add_answers(router, services)
    _add_repeats(router, services)
    return router


def _add_answers(router: APIRouter, services: Services) -> None:
    own = Depends(own_webhook(services))
    may_read = Depends(caller_who_may(services, Scope.READ))

    @router.get("/api/webhooks/{id}/deliveries", responses=problems(UNKNOWN))
    def webhook_deliveries(
        id: Annotated[str, own],  # noqa: A002 -- the path's word
        response: Response,
        state: OfState = None,
        continuation: Annotated[str | None, Query(description="Of the page before.")] = None,
    ) -> DeliveryPage:
        """The deliveries of a webhook with the answers to each attempt, for DELIVERY_LOG_DAYS."""
        page, following = deliveries.page_of(services, id, _state(state), continuation)
        response.headers["Cache-Control"] = "no-store"
        views = [logged_view(each) for each in page]
        return DeliveryPage(deliveries=views, continuation=following)

    @router.get(
        "/api/deliveries",
        responses=problems(
            {400: "No blob_name was given.", 404: "There is no job for this blob name."} | GUARDED
        ),
    )
    def job_deliveries(
        response: Response,
        caller: Annotated[Caller, may_read],
        blob_name: BlobName = None,
    ) -> list[LoggedDeliveryView]:
        """To whom the end of a job was told, also when the job has expired."""
        job = latest_job(services, given_name(caller, blob_name))
        if job is None:
            raise UnknownJobError
        response.headers["Cache-Control"] = "no-store"
        return [logged_view(each) for each in deliveries.logged_of(services, job)]


def _add_repeats(router: APIRouter, services: Services) -> None:
    own = Depends(own_webhook(services))

    @router.post(
        "/api/webhooks/{id}/deliveries/{delivery_id}/replay",
        status_code=202,
        responses=problems(DISABLED | UNKNOWN),
    )
    def replay_delivery(id: Annotated[str, own], delivery_id: DeliveryId) -> DeliveryView:  # noqa: A002 -- the path's word
        """Sends it once more, at once and with the same `webhook-id`; a new schedule begins."""
        return delivery_view(deliveries.replay(services, id, delivery_id))

    @router.post(
        "/api/webhooks/{id}/recover",
        status_code=202,
        openapi_extra=described(Recovery),
        responses=problems({422: "The body is not as described."} | DISABLED | UNKNOWN),
    )
    def recover_deliveries(
        id: Annotated[str, own],  # noqa: A002 -- the path's word
        asked: Annotated[Recovery, Depends(body_of(Recovery))],
    ) -> Recovered:
        """Sends once more all that failed or was dropped since then."""
        return Recovered(count=deliveries.recover(services, id, asked.since))


def _state(word: str | None) -> DeliveryState | None:
    if word is None:
        return None
    try:
        return DeliveryState(word)
    except ValueError:
        raise InvalidRequestError(f"state: must be one of {', '.join(DeliveryState)}") from None
