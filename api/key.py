"""The guard of the routes that need a key."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from errors.requests import UnauthorizedError
from integrations.auth import holder_of, presented_keys
from jobs.caller import OPERATOR, SERVICE, Caller, Scope
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


def caller_who_may(services: Services, scope: Scope) -> Callable[..., Caller]:
    """A dependency: who presented a valid key, in whichever header.

    Raises UnauthorizedError without a valid one, and ForbiddenError when it is not meant for that.
    """
    settings = services.settings
    known = [(settings.api_key.get_secret_value(), OPERATOR)]
    if settings.api_key_previous:
        known.append((settings.api_key_previous.get_secret_value(), OPERATOR))
    if settings.internal_service_key:
        known.append((settings.internal_service_key.get_secret_value(), SERVICE))

    def check(
        x_api_key: Annotated[str | None, Security(X_API_KEY)],
        internal_key: Annotated[str | None, Security(X_INTERNAL_SERVICE_KEY)],
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)],
    ) -> Caller:
        authorization = f"Bearer {bearer.credentials}" if bearer else None
        caller = holder_of(presented_keys(x_api_key, authorization, internal_key), known)
        if caller is None:
            raise UnauthorizedError
        caller.check(scope)
        return caller

    return check
