"""For how long an attempt owns a row, whatever the row is about."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# After a lease has ended, its attempt may still be writing its last heartbeat.
LEASE_GRACE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Lease:
    """The hold of one attempt on a row; gone from the row when the attempt ends in order."""

    attempt_id: str
    until: datetime

    def is_running(self, now: datetime) -> bool:
        """Whether the attempt owns the row at this moment."""
        return self.until > now

    def is_held_by(self, other: "Lease | None") -> bool:
        """Whether both are of the same attempt, however long each lasts."""
        return other is not None and other.attempt_id == self.attempt_id

    def renewed(self, until: datetime) -> "Lease":
        """The same hold for longer."""
        return Lease(self.attempt_id, until)

    @property
    def lapses_at(self) -> datetime:
        """From when on another attempt may take the row."""
        return self.until + LEASE_GRACE
