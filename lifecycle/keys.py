"""Managed keys: made, changed, rotated and revoked, each with an entry in the audit."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from errors import StorageUnavailableError
from errors.requests import (
    ForbiddenScopeError,
    ForbiddenTenantError,
    InvalidRequestError,
    UnknownKeyError,
    UnknownTenantError,
)
from jobs.audit import AuditAction
from jobs.caller import Caller, Scope
from jobs.job import FencedError
from jobs.managed_key import (
    MOST_NETWORKS,
    ManagedKey,
    id_of_key,
    new_key,
    readable_network,
    tail_of_key,
)
from jobs.request_rate import Rate
from jobs.tenant import NOBODY
from lifecycle.audit import AuditEvent, record
from lifecycle.services import Services

TRIES = 5
PAGE = 100


class MadeKey(NamedTuple):
    """A key with its secret, which nothing can show again."""

    row: ManagedKey
    key: str


@dataclass(frozen=True, slots=True)
class WantedKey:
    """What a key is to be."""

    name: str
    tenant: str
    scopes: Collection[Scope]
    networks: Sequence[str] = ()
    rate: Rate | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyChange:
    """What is to become of a key; what is None stays as it is."""

    name: str | None = None
    scopes: Collection[Scope] | None = None
    networks: Sequence[str] | None = None
    rate: Rate | None = None
    expires_at: datetime | None = None


def create_key(services: Services, caller: Caller, wanted: WantedKey) -> MadeKey:
    """A new key, for the caller's tenant or, by the operator, for any.

    Raises ForbiddenTenantError and ForbiddenScopeError for more than the caller has itself,
    UnknownTenantError, and InvalidRequestError for a network that cannot be read.
    """
    if wanted.tenant != caller.tenant and not caller.is_operator:
        raise ForbiddenTenantError
    if wanted.tenant != NOBODY and wanted.tenant not in services.keys.tenants.all():
        raise UnknownTenantError
    _refuse_more_than_own(caller, wanted.scopes)
    for _ in range(TRIES):
        key, now = new_key(), services.clock()
        row = ManagedKey(
            id=id_of_key(key) or "",
            digest=services.keys.digests.of(key),
            tail=tail_of_key(key),
            tenant=wanted.tenant,
            name=wanted.name,
            scopes=frozenset(wanted.scopes),
            created_at=now,
            created_by=caller.id,
            networks=_networks(wanted.networks),
            rate=wanted.rate,
            expires_at=wanted.expires_at,
        )
        try:
            row = services.keys.table.insert(row)
        except FencedError:
            continue  # somebody has this id, or our own insert was answered twice
        event = AuditEvent(AuditAction.KEY_CREATED, row.id, wanted.name)
        record(services, caller, row.tenant, event)
        services.keys.known.forget(row.id)
        return MadeKey(row, key)
    raise StorageUnavailableError


def key_of(services: Services, caller: Caller, key_id: str) -> ManagedKey:
    """A key of the caller's tenant; the operator's are all. Raises UnknownKeyError."""
    key = services.keys.known.read(key_id) if _can_be_id(key_id) else None
    if key is None or (key.tenant != caller.tenant and not caller.is_operator):
        raise UnknownKeyError
    return key


def keys_of(
    services: Services, caller: Caller, tenant: str | None, continuation: str | None
) -> tuple[list[ManagedKey], str | None]:
    """A page of a tenant's keys, by id, and the continuation to the next one.

    Raises ForbiddenTenantError for another tenant's, and BadContinuationError.
    """
    tenant = caller.tenant if tenant is None else tenant
    if tenant != caller.tenant and not caller.is_operator:
        raise ForbiddenTenantError
    of, after = ("keys", tenant), ""
    if continuation:
        (after,) = services.continuations.read(of, continuation)
    ids = list(islice(services.keys.table.ids_of(tenant, after), PAGE + 1))
    page = [services.keys.table.get(each) for each in ids[:PAGE]]
    following = services.continuations.made(of, [ids[PAGE - 1]]) if len(ids) > PAGE else None
    # A row of the list without a key is left by a death in between.
    return [key for key in page if key], following


def last_use(services: Services, key: ManagedKey) -> tuple[datetime, str] | None:
    """When and from which network it was used, exact to a minute; None: never."""
    return services.keys.table.last_use(key.id)


def change_key(services: Services, caller: Caller, key_id: str, change: KeyChange) -> ManagedKey:
    """The key as it is from now on; other processes know within half a minute."""
    if change.scopes is not None:
        _refuse_more_than_own(caller, change.scopes)
    networks = None if change.networks is None else _networks(change.networks)

    def changed(key: ManagedKey) -> ManagedKey:
        return replace(
            key,
            name=key.name if change.name is None else change.name,
            scopes=key.scopes if change.scopes is None else frozenset(change.scopes),
            networks=key.networks if networks is None else networks,
            rate=change.rate or key.rate,
            expires_at=change.expires_at or key.expires_at,
        )

    return _change(services, caller, changed, AuditEvent(AuditAction.KEY_CHANGED, key_id))


def rotate_key(services: Services, caller: Caller, key_id: str, overlap: timedelta) -> MadeKey:
    """Another secret under the same id; the one before is valid for `overlap`.

    Raises InvalidRequestError for a key that is revoked: that is final.
    """
    key, now = new_key(key_id), services.clock()

    def rotated(row: ManagedKey) -> ManagedKey:
        if row.revoked_at:
            raise InvalidRequestError("The key is revoked, which is final; make another.")
        return row.rotated(services.keys.digests.of(key), tail_of_key(key), now, overlap)

    row = _change(services, caller, rotated, AuditEvent(AuditAction.KEY_ROTATED, key_id))
    return MadeKey(row, key)


def revoke_key(services: Services, caller: Caller, key_id: str, reason: str) -> ManagedKey:
    """The key opens nothing any more, here at once; the same again when repeated."""
    now, event = services.clock(), AuditEvent(AuditAction.KEY_REVOKED, key_id, reason)
    return _change(services, caller, lambda key: key.revoked(caller.id, now), event)


def _change(
    services: Services,
    caller: Caller,
    change: Callable[[ManagedKey], ManagedKey],
    event: AuditEvent,
) -> ManagedKey:
    for _ in range(TRIES):
        key = key_of(services, caller, event.subject)
        _refuse_more_than_own(caller, key.scopes)
        new = change(key)
        if new == key:
            return key
        try:
            written = services.keys.table.replace(new)
        except FencedError:
            continue  # somebody else changed it meanwhile
        finally:
            services.keys.known.forget(key.id)
        record(services, caller, key.tenant, event)
        return written
    raise StorageUnavailableError


def _refuse_more_than_own(caller: Caller, scopes: Collection[Scope]) -> None:
    for scope in scopes:
        if not caller.may(scope):
            raise ForbiddenScopeError(f"Your own key has not the scope {scope}.")


def _networks(texts: Sequence[str]) -> tuple[str, ...]:
    if len(texts) > MOST_NETWORKS:
        raise InvalidRequestError(f"networks: at most {MOST_NETWORKS}.")
    try:
        return tuple(readable_network(each) for each in texts)
    except ValueError:
        raise InvalidRequestError(
            "networks: each must be like 203.0.113.0/24, 2001:db8::/32 or one address."
        ) from None


def _can_be_id(text: str) -> bool:
    return text.isascii() and text.isalnum()
