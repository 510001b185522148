"""Which of its secrets an owner signs with at a moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class SigningSecret:
    """A secret is known by its owner and version: it is derived, and stands nowhere."""

    owner: str
    version: int = 1
    previous_until: datetime | None = None  # until when the one before signs as well

    def versions(self, now: datetime) -> tuple[int, ...]:
        """Those that sign what is sent now, the newest first."""
        if self.previous_until and now < self.previous_until:
            return self.version, self.version - 1
        return (self.version,)

    def rotated(self, now: datetime, overlap: timedelta) -> "SigningSecret":
        """A new one; the one before signs beside it for `overlap`."""
        return SigningSecret(self.owner, self.version + 1, now + overlap)
