"""A history for people: one line for each event, in order."""

from collections.abc import Iterator
from typing import Any

from harness.chaos.history.event import Event, History

# Of a row, what shows where it stands; the rest would fill the line.
COLUMNS = (
    "status",
    "attempts",
    "upload_etag",
    "processed_blob_name",
    "output_etag",
    "error_code",
    "state",
)
SHOWN_DIGITS = 8


def timeline(history: History) -> Iterator[str]:
    """The lines."""
    for event in history.events:
        yield f"{event.at_s:10.2f}  {event.who:34}  {event.what:18}  {_details(event)}".rstrip()


def _details(event: Event) -> str:
    facts = dict(event.facts)
    if row := facts.pop("row", None):
        facts |= {name: row[name] for name in COLUMNS if row.get(name) is not None}
        facts["attempt"] = row.get("attempt_id")
    facts |= {f"of {name}": mark for name, mark in facts.pop("marks", {}).items()}
    return " ".join([event.about, *(f"{name}={_short(value)}" for name, value in facts.items())])


def _short(value: Any) -> Any:
    """Digests and ids by their first digits."""
    if isinstance(value, str) and len(value) >= 32 and value.isalnum():
        return value[:SHOWN_DIGITS]
    return round(value, 2) if isinstance(value, float) else value
