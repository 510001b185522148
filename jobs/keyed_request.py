"""A request that its client may repeat: it is carried out once, whatever is lost on the way."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from jobs.caller import Caller

# For who answers it; renewed while its body comes.
LEASE = timedelta(seconds=60)
RENEW_AFTER = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """One row: who answers the request until when, or what it led to."""

    key: str  # a digest of the client's key and the route
    digest: str  # of what can be known of the request before its body is read
    begun_at: datetime
    until: datetime  # by then it is answered, or whoever answers it is gone
    blob_name: str | None = None  # of the upload that it is about to make
    external_id: str | None = None  # what its sender calls that
    is_answered: bool = False
    row_etag: str | None = None

    def is_in_flight(self, now: datetime) -> bool:
        """Whether somebody is answering it."""
        return not self.is_answered and self.until > now

    def is_renewal_due(self, now: datetime) -> bool:
        """Whether a good part of the lease is over."""
        return self.until - now < LEASE - RENEW_AFTER

    def renewed(self, now: datetime) -> "KeyedRequest":
        """The same, held for longer."""
        return replace(self, until=now + LEASE)

    def about_to_make(self, blob_name: str, external_id: str, now: datetime) -> "KeyedRequest":
        """The same, and what it makes next."""
        return replace(self.renewed(now), blob_name=blob_name, external_id=external_id)

    def left(self, now: datetime) -> "KeyedRequest":
        """The same in nobody's hands: who repeats it looks what became of it."""
        return replace(self, until=now)

    def answered(self) -> "KeyedRequest":
        """What it was about to make is made."""
        return replace(self, is_answered=True)

    def in_version(self, row_etag: str | None) -> "KeyedRequest":
        """The same, as that version of its row."""
        return replace(self, row_etag=row_etag)


def keyed_request(caller: Caller, route: str, key: str, digest: str, now: datetime) -> KeyedRequest:
    """The request with that Idempotency-Key on that route, of the caller's tenant."""
    text = f"{caller.tenant}\n{route}\n{key}"
    return KeyedRequest(
        key=hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest(),
        digest=digest,
        begun_at=now,
        until=now + LEASE,
    )
