"""Who asks: the key of a request, from any of three headers, compared in constant time."""

import hashlib
import hmac
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def presented_keys(
    x_api_key: str | None, authorization: str | None, x_internal_service_key: str | None = None
) -> list[str]:
    """The keys that a request carries: `X-API-Key: k`, `X-Internal-Service-Key: k`, `Bearer k`."""
    keys = [key for key in (x_api_key, x_internal_service_key) if key]
    scheme, _, credentials = (authorization or "").partition(" ")
    if scheme.lower() == "bearer" and credentials.strip():
        keys.append(credentials.strip())
    return keys


def holder_of(presented: Sequence[str], known: Sequence[tuple[str, T]]) -> T | None:
    """Whoever holds one of the presented keys, the first known of them; None when nobody does.

    Digests are compared, and all of them, so that neither the content nor the length of a known
    key shows in the time taken.
    """
    digests = [_digest(key) for key in presented] or [b""]
    is_presented = [
        max([hmac.compare_digest(digest, _digest(key)) for digest in digests]) for key, _ in known
    ]
    holders = [holder for (_, holder), is_it in zip(known, is_presented, strict=True) if is_it]
    return holders[0] if holders else None


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
