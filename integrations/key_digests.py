"""What is kept of a managed key: a digest, by which it is known again."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Self

from settings import Settings

# Of a key's secret every letter is random, so that a fast digest is enough.
PLAIN = "s1:"
KEYED = "h1:"
MARK_LETTERS = 8


@dataclass(frozen=True, slots=True)
class KeyDigests:
    """Digests with SECRETS_KEY where it is set; those without one stay valid."""

    secret: bytes | None

    @classmethod
    def of_settings(cls, settings: Settings) -> Self:
        """With SECRETS_KEY; never with API_KEY, which may be changed at any time."""
        given = settings.secrets_key
        return cls(given.get_secret_value().encode() if given else None)

    def of(self, key: str) -> str:
        """What is kept of the key."""
        return self._keyed(key) if self.secret else _plain(key)

    def is_of(self, key: str, kept: str) -> bool:
        """Whether it is what is kept of the key, in a time that does not tell."""
        given = kept.encode()
        is_plain = hmac.compare_digest(_plain(key).encode(), given)
        return is_plain | hmac.compare_digest(self._keyed(key).encode(), given)

    def is_of_another_secret(self, kept: str) -> bool:
        """Whether it was made with another SECRETS_KEY, so that its key cannot be known again."""
        return kept.startswith(KEYED) and not kept.startswith(self._mark())

    def _keyed(self, key: str) -> str:
        return f"{self._mark()}{hmac.digest(self.secret or b'', _bytes(key), 'sha256').hex()}"

    def _mark(self) -> str:
        """By it a digest tells which secret made it, and nothing of that."""
        mark = hmac.digest(self.secret or b"", b"mediaprocessor key digests", "sha256").hex()
        return f"{KEYED}{mark[:MARK_LETTERS]}:"


def _plain(key: str) -> str:
    return PLAIN + hashlib.sha256(_bytes(key)).hexdigest()


def _bytes(key: str) -> bytes:
    return key.encode("utf-8", "surrogateescape")
