"""/api/keys: keys of the service's own making, and what the audit says of them."""

import hashlib
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Response

from api.json_body import body_of, described
from api.key import caller_who_may
from api.key_models import (
    CallerView,
    CreatedKeyView,
    KeyChanges,
    KeyPage,
    KeyView,
    NewKey,
    Revocation,
    SecretRotation,
    key_view,
)
from api.problem import GUARDED, problems
from errors.requests import KeyShownError
from jobs.caller import Caller, Scope
from jobs.keyed_request import KeyedRequest, keyed_request
from lifecycle import keys
from lifecycle.keyed_request import begin_request, release_request, settle_request
from lifecycle.services import Services

REFUSALS = GUARDED | {
    429: "The key asks too often.",
}
ABOUT_ONE = REFUSALS | {404: "There is no key of this id."}
CHANGES = ABOUT_ONE | {422: "The body is not as described."}
KeyId = Annotated[str, Path(description="Of the key; the letters after mc_live_.")]
Continuation = Annotated[str | None, Query(description="Of the page before.")]
OfTenant = Annotated[str | None, Query(description="Whose; by default the caller's own.")]


def keys_router(services: Services) -> APIRouter:
    """The routes, guarded by keys that may do everything; who asks who he is needs any key."""
    router = APIRouter(tags=["keys"])
    manages = Depends(caller_who_may(services, Scope.ADMIN))
    _add_making(router, services, manages)
    _add_lists(router, services, manages)
    _add_changes(router, services, manages)
    _add_ends(router, services, manages)
    return router


def _add_making(router: APIRouter, services: Services, manages: object) -> None:
    @router.post(
        "/api/keys",
        status_code=201,
        openapi_extra=described(NewKey),
        responses=problems(
            REFUSALS
            | {
                404: "There is no tenant of this name.",
                409: "A request with this Idempotency-Key has made its key, which is not shown "
                "again, or is being answered.",
                422: "The body is not as described, or another one had this Idempotency-Key.",
            }
        ),
    )
    def create_key(
        response: Response,
        caller: Annotated[Caller, manages],
        asked: Annotated[NewKey, Depends(body_of(NewKey))],
        idempotency_key: Annotated[
            str | None, Header(description="A repetition makes no second key.")
        ] = None,
    ) -> CreatedKeyView:
        """Makes a key, and shows it this once."""
        response.headers["Cache-Control"] = "no-store"
        request = _begin(services, caller, asked, idempotency_key)
        try:
            made = keys.create_key(services, caller, asked.wanted(caller.tenant))
        except BaseException:
            if request:
                release_request(services, request)
            raise
        if request:
            settle_request(services, request)
        response.headers["Location"] = f"/api/keys/{made.row.id}"
        return CreatedKeyView(**key_view(made.row).model_dump(), key=made.key)


def _add_lists(router: APIRouter, services: Services, manages: object) -> None:
    @router.get(
        "/api/keys", responses=problems(REFUSALS | {400: "The continuation is not of this list."})
    )
    def list_keys(
        response: Response,
        caller: Annotated[Caller, manages],
        tenant: OfTenant = None,
        continuation: Continuation = None,
    ) -> KeyPage:
        """The keys of a tenant, without anything secret."""
        response.headers["Cache-Control"] = "no-store"
        page, following = keys.keys_of(services, caller, tenant, continuation)
        return KeyPage(keys=[key_view(each) for each in page], continuation=following)

    @router.get("/api/key", responses=problems(REFUSALS))
    def own_key(
        response: Response, caller: Annotated[Caller, Depends(caller_who_may(services, None))]
    ) -> CallerView:
        """What the key of this request may do."""
        response.headers["Cache-Control"] = "no-store"
        key = keys.key_of(services, caller, caller.id) if caller.id else None
        return CallerView(
            id=caller.id or None,
            tenant=caller.tenant or None,
            scopes=sorted(scope for scope in Scope if caller.may(scope)),
            expires_at=key.expires_at if key else None,
        )


def _add_changes(router: APIRouter, services: Services, manages: object) -> None:
    @router.get("/api/keys/{id}", responses=problems(ABOUT_ONE))
    def one_key(
        response: Response,
        caller: Annotated[Caller, manages],
        id: KeyId,  # noqa: A002 -- the path's word
    ) -> KeyView:
        """One key, and when it was last used."""
        response.headers["Cache-Control"] = "no-store"
        key = keys.key_of(services, caller, id)
        return key_view(key, keys.last_use(services, key))

    @router.patch(
        "/api/keys/{id}", openapi_extra=described(KeyChanges), responses=problems(CHANGES)
    )
    def change_key(
        caller: Annotated[Caller, manages],
        id: KeyId,  # noqa: A002 -- the path's word
        asked: Annotated[KeyChanges, Depends(body_of(KeyChanges))],
    ) -> KeyView:
        """Changes what is given; in half a minute everywhere."""
        return key_view(keys.change_key(services, caller, id, asked.change()))


def _add_ends(router: APIRouter, services: Services, manages: object) -> None:
    @router.post(
        "/api/keys/{id}/rotate",
        openapi_extra=described(SecretRotation, required=False),
        responses=problems(CHANGES),
    )
    def rotate_key(
        response: Response,
        caller: Annotated[Caller, manages],
        id: KeyId,  # noqa: A002 -- the path's word
        asked: Annotated[SecretRotation, Depends(body_of(SecretRotation))],
    ) -> CreatedKeyView:
        """Another secret for the same key; the one before is valid for `overlap_hours`."""
        response.headers["Cache-Control"] = "no-store"
        made = keys.rotate_key(services, caller, id, timedelta(hours=asked.overlap_hours))
        return CreatedKeyView(**key_view(made.row).model_dump(), key=made.key)

    @router.post(
        "/api/keys/{id}/revoke",
        openapi_extra=described(Revocation, required=False),
        responses=problems(CHANGES),
    )
    def revoke_key(
        caller: Annotated[Caller, manages],
        id: KeyId,  # noqa: A002 -- the path's word
        asked: Annotated[Revocation, Depends(body_of(Revocation))],
    ) -> KeyView:
        """Ends the key for ever; in half a minute everywhere. May be repeated."""
        return key_view(keys.revoke_key(services, caller, id, asked.reason))


def _begin(
    services: Services, caller: Caller, asked: NewKey, key: str | None
) -> KeyedRequest | None:
    """The request in our hands; raises KeyShownError for a repetition."""
    if not key:
        return None
    digest = hashlib.sha256(asked.model_dump_json().encode()).hexdigest()
    request = keyed_request(caller, "/api/keys", key, digest, services.clock())
    request = begin_request(services, request)
    if request.is_answered:
        raise KeyShownError
    return request
