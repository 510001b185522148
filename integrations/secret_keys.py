"""Every secret of ours is derived from one: each use has a label, and nothing secret is stored."""

import base64
import hmac
from dataclasses import dataclass
from typing import Self

from settings import Settings

# What the Standard Webhooks specification puts before a symmetric secret.
WEBHOOK_PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class SecretKeys:
    """Derives secrets of 32 bytes; the same label always gives the same."""

    root: bytes

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """From SECRETS_KEY, or, where that is not set, from API_KEY."""
        given = settings.secrets_key or settings.api_key
        return cls(given.get_secret_value().encode())

    def derived(self, *label: str) -> bytes:
        """The secret for this use."""
        return hmac.digest(self.root, "\0".join(("mediaprocessor", *label)).encode(), "sha256")

    def webhook_secret(self, owner: str, version: int) -> bytes:
        """What the webhooks of this owner are signed with."""
        return self.derived("webhook", owner, str(version))


def in_webhook_letters(secret: bytes) -> str:
    """As receivers are told a secret."""
    return WEBHOOK_PREFIX + base64.b64encode(secret).decode()
