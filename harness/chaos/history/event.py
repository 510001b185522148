"""What happened in a run, in order: every action of a client and every effect in storage."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple


class Event(NamedTuple):
    """One happening. `what` is a word of EFFECTS, or free text that only people read."""

    at_s: float  # since the run began
    who: str  # the client, the host, or which invocation in which process
    what: str
    about: str  # the name of an upload or a result, the key of a row, the id of a message
    facts: dict[str, Any]


# The words that the checker understands, each with the facts it needs.
EFFECTS = {
    "upload put": "etag, sha256, size, nature; by a client",
    "upload deleted": "etag",
    "upload read": "etag; all of it",
    "row written": "row: the columns",
    "row deleted": "row: the columns it had",
    "row of jobhistory written": "row: what is kept of an expired job",
    "row of jobhistory deleted": "row",
    "row of jobindexYYYYMM written": "row: what lists tell of a job, or the sums of a day",
    "result stored": "etag, sha256 of what storage holds, marks: the metadata",
    "result read": "etag, sha256; all of it",
    "result deleted": "etag",
    "alarm set": "at: when somebody is to look at the job, kind; about the key of its row",
    "alarm cleared": "at, kind",
    "unguarded": "place: the table or container, verb: what was done there in whatever version",
    "message sent": "queue, upload_etag",
    "message deleted": "queue",
    "compressed": "source and result: two sha256",
    "compression failed": "source: sha256, error_code",
    "row of outbox written": "row: an endpoint, a delivery, its entry among what is due, its log",
    "row of outbox deleted": "row",
    "event sent": (
        "endpoint, attempt_id, type, and what is told of the job: blob_name, status; looked_at:"
        " when its sender last looked at the clock, until_s: when the receiver is done with it,"
        " is_accepted; about the id of a delivery"
    ),
    "file arrived": "sha256 of what lies there; about its path, at the server of a platform",
    "file confirmed": "the same, at the moment at which the platform is told; None: no file",
    "polled": "status, upload_etag, began_s",
    "asked": "verb: cancel, requeue or delete; about the name of an upload; by a client",
    "surprise": "an exception that nobody foresaw",
    "trouble": "what went wrong for `who`, on the way to storage or there: about; lasts_s, if long",
    "flaw": "what went wrong in an attempt, but neither there nor with the file: about",
    "machine up": "it may run functions from now on",
    "calm": "no fault happens after this",
    "rest": "nothing moves any more; folders and alarms: how many are left",
}


@dataclass(slots=True)
class History:
    """A recording; `retention_s` and the like are what the run's settings promised."""

    began: datetime
    retention_s: float
    failed_retention_s: float
    max_retries: int
    events: list[Event] = field(default_factory=list)
    history_retention_s: float = 30 * 86_400.0
    small_below_bytes: float = 10 * 1024 * 1024
    hold_s: float = 80 * 3600.0  # after which an event is given up

    def add(self, at_s: float, who: str, what: str, about: str = "", **facts: Any) -> None:
        """Appends what happened now."""
        self.events.append(Event(at_s, who, what, about, facts))

    def seconds(self, moment: datetime) -> float:
        """Since the run began."""
        return (moment - self.began).total_seconds()

    def of(self, what: str) -> Iterator[Event]:
        """The events of one kind, in order."""
        return (event for event in self.events if event.what == what)
