"""/api/webhooks: who is told when a job ends."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from api.delivery_view import DeliveryView, delivery_view
from api.json_body import body_of, described
from api.key import caller_who_may
from api.problem import problems
from api.timestamp import Timestamp
from jobs.caller import Scope
from jobs.endpoint import Endpoint
from jobs.event import SUBSCRIBABLE, EventType
from jobs.signing import SigningSecret
from lifecycle import endpoints
from lifecycle.services import Services

UNAUTHORIZED = {
    401: "No valid key was given.",
    403: "The key is not meant for that.",
    503: "Storage did not answer.",
}
UNKNOWN = {404: "There is no such webhook."} | UNAUTHORIZED
LONGEST_DESCRIPTION = 200
LONGEST_OVERLAP_HOURS = 168


class NewWebhook(BaseModel):
    """What to tell, and where."""

    model_config = ConfigDict(extra="forbid")

    url: str
    events: list[EventType] = sorted(SUBSCRIBABLE)
    description: str = Field("", max_length=LONGEST_DESCRIPTION)


class WebhookChange(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    url: str | None = None
    events: list[EventType] | None = None
    description: str | None = Field(None, max_length=LONGEST_DESCRIPTION)
    enabled: bool | None = None


class Rotation(BaseModel):
    """How long the old secret signs beside the new one."""

    model_config = ConfigDict(extra="forbid")

    overlap_hours: int = Field(24, ge=0, le=LONGEST_OVERLAP_HOURS)


class SecretView(BaseModel):
    """What a receiver verifies with."""

    secret: str  # whsec_...
    previous_secret_until: Timestamp | None  # until when the one before signs as well


class WebhookView(SecretView):
    """One webhook."""

    id: str
    url: str
    events: list[EventType]
    description: str
    enabled: bool
    disabled_at: Timestamp | None
    disabled_reason: str | None
    created_at: Timestamp


def webhooks_router(services: Services) -> APIRouter:
    """The routes, guarded by the API key."""
    guard = Depends(caller_who_may(services, Scope.ADMIN))
    router = APIRouter(tags=["webhooks"], dependencies=[guard])
    _add_list(router, services)
    _add_changes(router, services)
    _add_secrets(router, services)
    return router


def _add_list(router: APIRouter, services: Services) -> None:
    @router.post(
        "/api/webhooks",
        status_code=201,
        openapi_extra=described(NewWebhook),
        responses=problems(
            {409: "There are twenty already.", 422: "The address cannot be used."} | UNAUTHORIZED
        ),
    )
    def create_webhook(
        asked: Annotated[NewWebhook, Depends(body_of(NewWebhook))], response: Response
    ) -> WebhookView:
        """From half a minute later at most, events are delivered there."""
        endpoint = endpoints.create_endpoint(services, asked.url, asked.events, asked.description)
        response.headers["Location"] = f"/api/webhooks/{endpoint.id}"
        return _view(services, endpoint)

    @router.get("/api/webhooks", responses=problems(UNAUTHORIZED))
    def list_webhooks(response: Response) -> list[WebhookView]:
        """All, that of the setting WEBHOOK_URL first."""
        response.headers["Cache-Control"] = "no-store"
        return [_view(services, each) for each in endpoints.all_endpoints(services)]

    @router.get("/api/webhooks/{id}", responses=problems(UNKNOWN))
    def webhook(id: str, response: Response) -> WebhookView:  # noqa: A002 -- the path's word
        """One webhook, with its secret."""
        response.headers["Cache-Control"] = "no-store"
        return _view(services, endpoints.known_endpoint(services, id))


def _add_changes(router: APIRouter, services: Services) -> None:
    @router.patch(
        "/api/webhooks/{id}",
        openapi_extra=described(WebhookChange),
        responses=problems({422: "The address cannot be used."} | UNKNOWN),
    )
    def change_webhook(
        id: str,  # noqa: A002 -- the path's word
        asked: Annotated[WebhookChange, Depends(body_of(WebhookChange))],
    ) -> WebhookView:
        """Changes what is given; `enabled` takes a webhook up again that was disabled."""
        change = endpoints.Change(asked.url, asked.events, asked.description, asked.enabled)
        return _view(services, endpoints.change_endpoint(services, id, change))

    @router.delete("/api/webhooks/{id}", status_code=204, responses=problems(UNKNOWN))
    def delete_webhook(id: str) -> None:  # noqa: A002 -- the path's word
        """Removes it; what waits for it is dropped."""
        endpoints.delete_endpoint(services, id)

    @router.post(
        "/api/webhooks/{id}/ping",
        status_code=202,
        responses=problems({409: "The webhook is disabled."} | UNKNOWN),
    )
    def ping_webhook(id: str) -> DeliveryView:  # noqa: A002 -- the path's word
        """Sends an event of the type `ping`."""
        return delivery_view(endpoints.ping(services, id))


def _add_secrets(router: APIRouter, services: Services) -> None:
    rotation = Annotated[Rotation, Depends(body_of(Rotation))]

    @router.post(
        "/api/webhooks/{id}/rotate",
        openapi_extra=described(Rotation, required=False),
        responses=problems({422: "The body is not as described."} | UNKNOWN),
    )
    def rotate_webhook(id: str, asked: rotation) -> WebhookView:  # noqa: A002 -- the path's word
        """Makes a new secret; until `overlap_hours` later, both sign."""
        overlap = timedelta(hours=asked.overlap_hours)
        return _view(services, endpoints.rotate(services, id, overlap))

    @router.get("/api/webhook-secret", responses=problems(UNAUTHORIZED))
    def webhook_secret(response: Response) -> SecretView:
        """What is sent to addresses that were given with an upload is signed with this."""
        response.headers["Cache-Control"] = "no-store"
        return _secret_view(services, endpoints.shared_secret(services))

    @router.post(
        "/api/webhook-secret/rotate",
        openapi_extra=described(Rotation, required=False),
        responses=problems({422: "The body is not as described."} | UNAUTHORIZED),
    )
    def rotate_webhook_secret(asked: rotation) -> SecretView:
        """Makes a new one; until `overlap_hours` later, both sign."""
        overlap = timedelta(hours=asked.overlap_hours)
        return _secret_view(services, endpoints.rotate_shared_secret(services, overlap))


def _view(services: Services, endpoint: Endpoint) -> WebhookView:
    return WebhookView(
        id=endpoint.id,
        url=endpoint.url,
        events=sorted(endpoint.events),
        description=endpoint.description,
        enabled=endpoint.is_enabled,
        disabled_at=endpoint.disabled_at,
        disabled_reason=endpoint.disabled_reason,
        created_at=endpoint.created_at,
        **_secret_view(services, endpoint.secret).model_dump(),
    )


def _secret_view(services: Services, secret: SigningSecret) -> SecretView:
    return SecretView(
        secret=endpoints.secret_of(services, secret), previous_secret_until=secret.previous_until
    )
