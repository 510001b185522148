"""Keys that the service makes: their form, and what makes one valid.

A key is `mc_live_`, twelve letters that name it, `_`, thirty letters that are secret (178 bits) and
six that are the CRC-32 of all before. The id is public: it stands in logs, lists and the audit.
"""

import secrets
import string
import zlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from jobs.caller import Scope
from jobs.request_rate import Rate

PREFIX = "mc_live_"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
ID_LETTERS, SECRET_LETTERS, CHECK_LETTERS, TAIL_LETTERS = 12, 30, 6, 4
KEY_LETTERS = len(PREFIX) + ID_LETTERS + 1 + SECRET_LETTERS + CHECK_LETTERS
MOST_NETWORKS = 50
LONGEST_OVERLAP = timedelta(hours=168)


@dataclass(frozen=True, slots=True)
class ManagedKey:
    """One row; the key itself stands nowhere, only a digest of it."""

    id: str
    digest: str
    tail: str  # the last letters, by which a person knows it again
    tenant: str
    name: str  # for people
    scopes: frozenset[Scope]
    created_at: datetime
    created_by: str  # the id of the key that made it; "": API_KEY
    networks: tuple[str, ...] = ()  # from which it may be used; none: from everywhere
    rate: Rate | None = None  # None: that of the settings
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    # The digest before the latest rotation, and until when it is valid.
    previous_digest: str | None = None
    previous_until: datetime | None = None
    row_etag: str | None = None  # the row's version; not a column

    def is_valid(self, now: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def digests(self, now: datetime) -> tuple[str, str]:
        """What the digest of a presented key may be; both are the same without an overlap."""
        if self.previous_digest and self.previous_until and now < self.previous_until:
            return self.digest, self.previous_digest
        return self.digest, self.digest

    def may_come_from(self, address: str) -> bool:
        """Whether it may be used from that address of a client."""
        if not self.networks:
            return True
        known = readable_address(address)
        return known is not None and any(
            known.version == network.version and known in network
            for network in map(ip_network, self.networks)
        )

    def revoked(self, by: str, now: datetime) -> "ManagedKey":
        """The key that opens nothing any more; the same again when repeated."""
        return self if self.revoked_at else replace(self, revoked_at=now, revoked_by=by)

    def rotated(self, digest: str, tail: str, now: datetime, overlap: timedelta) -> "ManagedKey":
        """The same id with another secret; the one before is valid for `overlap`."""
        return replace(
            self,
            digest=digest,
            tail=tail,
            previous_digest=self.digest,
            previous_until=now + overlap,
        )

    def in_version(self, row_etag: str | None) -> "ManagedKey":
        """The same key, as that version of its row."""
        return replace(self, row_etag=row_etag)


def new_key(key_id: str | None = None) -> str:
    """A key that nobody has; with an id, another secret for that id."""
    body = f"{PREFIX}{key_id or _random(ID_LETTERS)}_{_random(SECRET_LETTERS)}"
    return body + _check_letters(body)


def id_of_key(key: str) -> str | None:
    """The id in a key, or None when it is none of ours: then nothing needs to be looked up."""
    if len(key) != KEY_LETTERS or not key.startswith(PREFIX) or not key.isascii():
        return None
    if key[-CHECK_LETTERS:] != _check_letters(key[:-CHECK_LETTERS]):
        return None
    key_id = key[len(PREFIX) :][:ID_LETTERS]
    return key_id if key_id.isalnum() else None


def tail_of_key(key: str) -> str:
    """Its last letters, which are no secret."""
    return key[-TAIL_LETTERS:]


def readable_address(text: str) -> IPv4Address | IPv6Address | None:
    """An address of either family; one of IPv4 that is written as IPv6 is that of IPv4."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def network_of_address(text: str) -> str:
    """As much of an address as is kept: the first 24 bits, or 48 of IPv6; "" of no address."""
    known = readable_address(text)
    if known is None:
        return ""
    return str(ip_network(f"{known}/{24 if known.version == 4 else 48}", strict=False))


def readable_network(text: str) -> str:
    """A network as it is kept; one address is a network as well. Raises ValueError."""
    network = ip_network(text.strip(), strict=False)
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped and network.prefixlen >= 96:
        return str(ip_network(f"{mapped}/{network.prefixlen - 96}", strict=False))
    return str(network)


def _check_letters(text: str) -> str:
    rest, letters = zlib.crc32(text.encode()), ""
    for _ in range(CHECK_LETTERS):
        rest, digit = divmod(rest, len(ALPHABET))
        letters = ALPHABET[digit] + letters
    return letters


def _random(count: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(count))
