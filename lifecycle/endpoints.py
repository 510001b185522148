"""The webhooks of the list: made, changed, tried and removed by who has the key."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

from errors import StorageUnavailableError
from errors.deliveries import (
    DeliveryRefusedError,
    InvalidUrlError,
    TooManyWebhooksError,
    UnknownWebhookError,
    WebhookDisabledError,
)
from errors.requests import InvalidRequestError
from integrations.secret_keys import in_webhook_letters
from jobs.breaker import CLOSED
from jobs.delivery import Delivery
from jobs.endpoint import MOST_ENDPOINTS, OPERATOR, Endpoint, EndpointKind, disabled, enabled
from jobs.event import Event, EventType, Receiver, event_id
from jobs.job import FencedError
from jobs.signing import SigningSecret
from jobs.tenant import NOBODY
from lifecycle.look import drop_all
from lifecycle.publish import add_delivery, new_delivery
from lifecycle.services import Services

CHANGE_TRIES = 5
BY_HAND = "Somebody disabled it."


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of a webhook; what is None stays as it is."""

    url: str | None = None
    events: Collection[EventType] | None = None
    description: str | None = None
    is_enabled: bool | None = None


def endpoints_of(services: Services, tenant: str) -> tuple[Endpoint, ...]:
    """Every webhook of a tenant; of nobody's, those of all, the operator's first."""
    return tuple(each for each in services.endpoints.all() if tenant in {NOBODY, each.tenant})


def shared_secret(services: Services, tenant: str) -> SigningSecret:
    """What signs for addresses that stand beside a tenant's uploads."""
    return services.endpoints.shared_secret(tenant)


def known_endpoint(services: Services, endpoint_id: str) -> Endpoint:
    """The webhook; raises UnknownWebhookError."""
    endpoint = services.endpoints.get(endpoint_id)
    if endpoint is None or endpoint.kind is not EndpointKind.WEBHOOK:
        raise UnknownWebhookError
    return endpoint


def refuse_foreign(services: Services, tenant: str, endpoint_id: str) -> None:
    """Raises UnknownWebhookError for one that is not the tenant's; nobody's are all."""
    if tenant == NOBODY:
        return
    endpoint = services.endpoints.get(endpoint_id)
    if endpoint is None or endpoint.tenant != tenant:
        raise UnknownWebhookError


def secret_of(services: Services, secret: SigningSecret) -> str:
    """What a receiver verifies with, beginning with `whsec_`."""
    return in_webhook_letters(services.secret_keys.webhook_secret(secret.owner, secret.version))


def create_endpoint(
    services: Services,
    url: str,
    events: Collection[EventType],
    description: str,
    tenant: str = NOBODY,
) -> Endpoint:
    """A new webhook of a tenant, who is told of its own jobs alone.

    Raises InvalidUrlError, and TooManyWebhooksError when the tenant has twenty.
    """
    _check(services, url, tenant)
    services.endpoints.forget()
    all_of_them = [each for each in services.endpoints.all() if each.id != OPERATOR]
    if sum(each.tenant == tenant for each in all_of_them) >= MOST_ENDPOINTS:
        raise TooManyWebhooksError
    name = f"wh_{uuid4().hex[:20]}"
    now = services.clock()
    endpoint = Endpoint(
        name,
        url,
        frozenset(events),
        now,
        SigningSecret(name),
        description=description,
        tenant=tenant,
    )
    return _put(services, endpoint)


def change_endpoint(services: Services, endpoint_id: str, change: Change) -> Endpoint:
    """The webhook as it is from now on; other processes know within half a minute.

    Who enables it again gets what happens from then on; for what was missed there is recover().
    Raises UnknownWebhookError and InvalidUrlError.
    """
    if change.url is not None:
        _refuse_operators(endpoint_id)
        _check(services, change.url, known_endpoint(services, endpoint_id).tenant)

    def changed(endpoint: Endpoint) -> Endpoint:
        new = replace(
            endpoint,
            url=endpoint.url if change.url is None else change.url,
            events=endpoint.events if change.events is None else frozenset(change.events),
            description=endpoint.description if change.description is None else change.description,
        )
        if change.is_enabled is None or change.is_enabled == new.is_enabled:
            return new
        return enabled(new) if change.is_enabled else disabled(new, BY_HAND, services.clock())

    endpoint = _change(services, endpoint_id, changed)
    if change.url or change.is_enabled:
        services.outbox.set_breaker(endpoint_id, CLOSED)  # what is known of it is of the past
    if not endpoint.is_enabled:
        drop_all(services, endpoint_id)
    return endpoint


def rotate(services: Services, endpoint_id: str, overlap: timedelta) -> Endpoint:
    """The webhook with a new secret, beside which the old one signs for `overlap`."""
    now = services.clock()
    return _change(
        services, endpoint_id, lambda each: replace(each, secret=each.secret.rotated(now, overlap))
    )


def rotate_shared_secret(services: Services, tenant: str, overlap: timedelta) -> SigningSecret:
    """The same for what signs for addresses that stand beside a tenant's uploads."""
    secret = services.endpoints.shared_secret(tenant).rotated(services.clock(), overlap)
    services.endpoint_table.put_secret(secret)
    services.endpoints.forget()
    return secret


def delete_endpoint(services: Services, endpoint_id: str) -> None:
    """Removes the webhook, and drops what waits for it."""
    _refuse_operators(endpoint_id)
    known_endpoint(services, endpoint_id)
    services.endpoint_table.delete(endpoint_id)
    services.endpoints.forget()
    drop_all(services, endpoint_id)


def ping(services: Services, endpoint_id: str) -> Delivery:
    """An event of no meaning, to try the webhook with. Raises WebhookDisabledError."""
    if not known_endpoint(services, endpoint_id).is_enabled:
        raise WebhookDisabledError
    now, kind = services.clock(), EventType.PING
    event = Event(event_id(now, endpoint_id, uuid4().hex, kind), kind, now, "{}")
    delivery = new_delivery(services, event, Receiver(endpoint_id))
    add_delivery(services, delivery)
    services.delivery_queue.wake([endpoint_id])
    return delivery


def _check(services: Services, url: str, tenant: str) -> None:
    """Only the operator's webhooks may lead to networks of our own."""
    settings, is_own = services.settings, tenant == NOBODY
    address = settings.webhook_address if is_own else settings.public_webhook_address
    try:
        address.checked(url)
        services.outbound.check(url, settings.allowed_networks if is_own else ())
    except (ValueError, DeliveryRefusedError):
        raise InvalidUrlError from None


def _refuse_operators(endpoint_id: str) -> None:
    if endpoint_id == OPERATOR:
        raise InvalidRequestError("This webhook is there, and where it is, by a setting.")


def _change(
    services: Services, endpoint_id: str, change: Callable[[Endpoint], Endpoint]
) -> Endpoint:
    for _ in range(CHANGE_TRIES):
        endpoint = known_endpoint(services, endpoint_id)
        try:
            return _put(services, change(endpoint))
        except FencedError:
            continue  # somebody else changed it meanwhile
    raise StorageUnavailableError


def _put(services: Services, endpoint: Endpoint) -> Endpoint:
    try:
        return services.endpoint_table.put(endpoint)
    finally:
        services.endpoints.forget()
