"""What happened to a blob name: every transition of its jobs, in order, within one table column."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

# Of a name that is used again and again the oldest go first; a column holds 64 KiB of UTF-16, and
# each of these takes 200 characters at most.
MOST_TRANSITIONS = 100


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of a job's status."""

    at: datetime
    to: str  # the status from then on
    attempt: int  # how many attempts had been started
    error_code: str | None = None  # why it waits again, or was given up
    upload_etag: str | None = None  # of the first transition of each upload


Timeline = tuple[Transition, ...]


def extended(timeline: Timeline, transition: Transition) -> Timeline:
    """The timeline with one more at its end."""
    return (*timeline, transition)[-MOST_TRANSITIONS:]


def encode(timeline: Timeline) -> str:
    """JSON text; what is None is left out."""
    return json.dumps([_document(each) for each in timeline], separators=(",", ":"))


def decode(text: str | None) -> Timeline:
    """Reads what encode() wrote; rows of an earlier version have nothing to read."""
    return tuple(
        Transition(**each | {"at": datetime.fromisoformat(each["at"])})
        for each in json.loads(text or "[]")
    )


def _document(transition: Transition) -> dict[str, str | int]:
    document = asdict(transition) | {"at": transition.at.isoformat()}
    return {name: value for name, value in document.items() if value is not None}
