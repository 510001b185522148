"""/api/webhooks: who is told when a job ends."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from api.delivery_view import DeliveryView, delivery_view
from api.json_body import body_of, described
from api.key import caller_who_may
from api.problem import GUARDED, problems
from api.timestamp import Timestamp
from jobs.caller import Caller, Scope
from jobs.endpoint import Endpoint
from jobs.event import SUBSCRIBABLE, EventType
from jobs.signing import SigningSecret
from lifecycle import endpoints
from lifecycle.services import Services

UNKNOWN = {404: "There is no such webhook."} | GUARDED
LONGEST_DESCRIPTION = 200
LONGEST_OVERLAP_HOURS = 168


class NewWebhook(BaseModel):
    """What to tell, and where."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"url": "https://shop.example.com/hooks/media"}]},
    )

    url: str = Field(description="A public https address.")
    events: list[EventType] = Field(sorted(SUBSCRIBABLE), description="What is told there.")
    description: str = Field("", max_length=LONGEST_DESCRIPTION, description="For people.")


class WebhookChange(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    url: str | None = Field(None, description="A public https address.")
    events: list[EventType] | None = Field(None, description="What is told there.")
    description: str | None = Field(None, max_length=LONGEST_DESCRIPTION, description="For people.")
    enabled: bool | None = Field(
        None, description="true takes a webhook up again that was disabled."
    )


class Rotation(BaseModel):
    """How long the old secret signs beside the new one."""

    model_config = ConfigDict(extra="forbid")

    overlap_hours: int = Field(
        24,
        ge=0,
        le=LONGEST_OVERLAP_HOURS,
        description="How long the old secret signs beside the new one.",
    )


class SecretView(BaseModel):
    """What a receiver verifies with."""

    secret: str = Field(
        description="What a receiver verifies signatures with; it begins with whsec_."
    )
    previous_secret_until: Timestamp | None = Field(
        description="Until when the one before signs as well."
    )


class WebhookView(SecretView):
    """One webhook."""

    id: str = Field(description="Of the webhook.")
    url: str = Field(description="Where events go.")
    events: list[EventType] = Field(description="What is told there.")
    description: str = Field(description="For people.")
    enabled: bool = Field(description="Whether events are sent.")
    disabled_at: Timestamp | None = Field(description="When it was disabled.")
    disabled_reason: str | None = Field(description="Why it was disabled.")
    created_at: Timestamp = Field(description="When it was made.")


def webhooks_router(services: Services) -> APIRouter:
    """The routes, guarded by keys that may say who is told; each sees its tenant's own."""
    router = APIRouter(tags=["webhooks"])
    _add_list(router, services)
    _add_changes(router, services)
    _add_secrets(router, services)
    return router


def own_webhook(services: Services) -> Callable[..., str]:
    """A dependency: the id in the path, of a webhook that the caller may manage.

    Raises UnknownWebhookError for another tenant's, as for one that never was.
    """
    manages = Depends(caller_who_may(services, Scope.WEBHOOKS))

    def check(
        caller: Annotated[Caller, manages],
        id: Annotated[str, Path(description="Of the webhook.")],  # noqa: A002 -- the path's word
    ) -> str:
        endpoints.refuse_foreign(services, caller.tenant, id)
        return id

    return check


def _add_list(router: APIRouter, services: Services) -> None:
    manages = Depends(caller_who_may(services, Scope.WEBHOOKS))
    own = Depends(own_webhook(services))

    @router.post(
        "/api/webhooks",
        status_code=201,
        openapi_extra=described(NewWebhook),
        responses=problems(
            {409: "There are twenty already.", 422: "The address cannot be used."} | GUARDED
        ),
    )
    def create_webhook(
        caller: Annotated[Caller, manages],
        asked: Annotated[NewWebhook, Depends(body_of(NewWebhook))],
        response: Response,
    ) -> WebhookView:
        """From half a minute later at most, events are delivered there."""
        endpoint = endpoints.create_endpoint(
            services, asked.url, asked.events, asked.description, caller.tenant
        )
        response.headers["Location"] = f"/api/webhooks/{endpoint.id}"
        return _view(services, endpoint)

    @router.get("/api/webhooks", responses=problems(GUARDED))
    def list_webhooks(caller: Annotated[Caller, manages], response: Response) -> list[WebhookView]:
        """All of the key's tenant; an operator's key sees every one, WEBHOOK_URL's first."""
        response.headers["Cache-Control"] = "no-store"
        return [_view(services, each) for each in endpoints.endpoints_of(services, caller.tenant)]

    @router.get("/api/webhooks/{id}", responses=problems(UNKNOWN))
    def webhook(id: Annotated[str, own], response: Response) -> WebhookView:  # noqa: A002 -- the path's word
        """One webhook, with its secret."""
        response.headers["Cache-Control"] = "no-store"
        return _view(services, endpoints.known_endpoint(services, id))


def _add_changes(router: APIRouter, services: Services) -> None:
    own = Depends(own_webhook(services))

    @router.patch(
        "/api/webhooks/{id}",
        openapi_extra=described(WebhookChange),
        responses=problems({422: "The address cannot be used."} | UNKNOWN),
    )
    def change_webhook(
        id: Annotated[str, own],  # noqa: A002 -- the path's word
        asked: Annotated[WebhookChange, Depends(body_of(WebhookChange))],
    ) -> WebhookView:
        """Changes what is given; `enabled` takes a webhook up again that was disabled."""
        change = endpoints.Change(asked.url, asked.events, asked.description, asked.enabled)
        return _view(services, endpoints.change_endpoint(services, id, change))

    @router.delete("/api/webhooks/{id}", status_code=204, responses=problems(UNKNOWN))
    def delete_webhook(id: Annotated[str, own]) -> None:  # noqa: A002 -- the path's word
        """Removes it; what waits for it is dropped."""
        endpoints.delete_endpoint(services, id)

    @router.post(
        "/api/webhooks/{id}/ping",
        status_code=202,
        responses=problems({409: "The webhook is disabled."} | UNKNOWN),
    )
    def ping_webhook(id: Annotated[str, own]) -> DeliveryView:  # noqa: A002 -- the path's word
        """Sends an event of the type `ping`."""
        return delivery_view(endpoints.ping(services, id))


def _add_secrets(router: APIRouter, services: Services) -> None:
    rotation = Annotated[Rotation, Depends(body_of(Rotation))]
    manages = Depends(caller_who_may(services, Scope.WEBHOOKS))
    own = Depends(own_webhook(services))

    @router.post(
        "/api/webhooks/{id}/rotate",
        openapi_extra=described(Rotation, required=False),
        responses=problems({422: "The body is not as described."} | UNKNOWN),
    )
    def rotate_webhook(
        id: Annotated[str, own],  # noqa: A002 -- the path's word
        asked: rotation,
    ) -> WebhookView:
        """Makes a new secret; until `overlap_hours` later, both sign."""
        overlap = timedelta(hours=asked.overlap_hours)
        return _view(services, endpoints.rotate(services, id, overlap))

    @router.get("/api/webhook-secret", responses=problems(GUARDED))
    def webhook_secret(caller: Annotated[Caller, manages], response: Response) -> SecretView:
        """What is sent to addresses that were given with an upload is signed with this."""
        response.headers["Cache-Control"] = "no-store"
        return _secret_view(services, endpoints.shared_secret(services, caller.tenant))

    @router.post(
        "/api/webhook-secret/rotate",
        openapi_extra=described(Rotation, required=False),
        responses=problems({422: "The body is not as described."} | GUARDED),
    )
    def rotate_webhook_secret(caller: Annotated[Caller, manages], asked: rotation) -> SecretView:
        """Makes a new one; until `overlap_hours` later, both sign."""
        overlap = timedelta(hours=asked.overlap_hours)
        secret = endpoints.rotate_shared_secret(services, caller.tenant, overlap)
        return _secret_view(services, secret)


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
