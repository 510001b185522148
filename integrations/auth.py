"""Who may ask: the API key, from either header, compared in constant time."""

import hashlib
import hmac


def presented_keys(x_api_key: str | None, authorization: str | None) -> list[str]:
    """The keys that a request carries: `X-API-Key: k`, `Authorization: Bearer k`, or both."""
    keys = [x_api_key] if x_api_key else []
    scheme, _, credentials = (authorization or "").partition(" ")
    if scheme.lower() == "bearer" and credentials.strip():
        keys.append(credentials.strip())
    return keys


def is_authorized(x_api_key: str | None, authorization: str | None, expected: str) -> bool:
    """Whether a presented key is the expected one.

    Digests are compared, so that neither the content nor the length of the expected key shows in
    the time taken.
    """
    expected_digest = _digest(expected)
    presented = presented_keys(x_api_key, authorization) or [""]
    return max(hmac.compare_digest(_digest(key), expected_digest) for key in presented)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
