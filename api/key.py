"""The guard of the routes that need the API key."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from errors import UnauthorizedError
from integrations.auth import is_authorized

X_API_KEY = APIKeyHeader(name="X-API-Key", auto_error=False)
BEARER = HTTPBearer(auto_error=False)


def key_required(expected: str) -> Callable[..., None]:
    """A dependency that raises UnauthorizedError unless the expected key is presented."""

    def check(
        x_api_key: Annotated[str | None, Security(X_API_KEY)],
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)],
    ) -> None:
        authorization = f"Bearer {bearer.credentials}" if bearer else None
        if not is_authorized(x_api_key, authorization, expected):
            raise UnauthorizedError

    return check
