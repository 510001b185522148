"""The guard of the routes that need a key."""

from collections.abc import Callable
from math import ceil
from typing import Annotated

from fastapi import Request, Response, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from api.client_address import address_of_client
from integrations.auth import presented_keys
from jobs.caller import Caller, Scope
from lifecycle.access import Access, Admission, Presented
from lifecycle.services import Services

# Named, or the document would know only one of the headers.
X_API_KEY = APIKeyHeader(
    name="X-API-Key", scheme_name="ApiKey", description="The key.", auto_error=False
)
X_INTERNAL_SERVICE_KEY = APIKeyHeader(
    name="X-Internal-Service-Key",
    scheme_name="InternalServiceKey",
    description="The key, in the header that learning platforms send.",
    auto_error=False,
)
BEARER = HTTPBearer(
    scheme_name="Bearer", description="The key as a bearer token.", auto_error=False
)


def caller_who_may(services: Services, scope: Scope | None) -> Callable[..., Caller]:
    """A dependency: who presented a valid key, in whichever header; see Access.admit().

    Without a scope any valid key will do.
    """
    access, hops = Access(services), services.settings.trusted_proxy_hops

    def check(
        request: Request,
        response: Response,
        x_api_key: Annotated[str | None, Security(X_API_KEY)],
        internal_key: Annotated[str | None, Security(X_INTERNAL_SERVICE_KEY)],
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)],
    ) -> Caller:
        authorization = f"Bearer {bearer.credentials}" if bearer else None
        keys = presented_keys(x_api_key, authorization, internal_key)
        presented = Presented(keys, address_of_client(request, hops))
        admission = access.admit(presented, scope)
        response.headers.update(_rate_headers(admission))
        return admission.caller

    return check


def _rate_headers(admission: Admission) -> dict[str, str]:
    """What is left of the key's rate in this process."""
    if admission.rate is None or admission.verdict is None:
        return {}
    return {
        "RateLimit-Limit": str(admission.rate.burst),
        "RateLimit-Remaining": str(admission.verdict.remaining),
        "RateLimit-Reset": str(ceil(admission.verdict.reset_s)),
    }
