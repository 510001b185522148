"""What is told of a job that is gone: everything, for as long as promised."""

from collections.abc import Iterator
from typing import Any

from harness.chaos.history.story import CLOCKS_AGREE_S, EXPIRED, FOREVER, Story

TABLE = "jobhistory"


def every_job_is_remembered(story: Story) -> Iterator[str]:
    """No row goes before it stands in the history, and nothing goes from there before its time."""
    told: dict[str, dict[str, Any]] = {}
    known: dict[str, float] = {}  # by name: since when there is something to tell
    for event in story.history.events:
        if event.what == f"row of {TABLE} written":
            told[event.about] = event.facts["row"]
        elif event.what == "row written":
            known.setdefault(event.facts["row"]["blob_name"], event.at_s)
        elif event.what == "polled" and event.facts["status"] is None:
            if known.get(event.about, FOREVER) < event.facts["began_s"]:
                yield f"{event.about} at {event.at_s:.2f}: polled as if there had never been a job"
        elif event.what == f"row of {TABLE} deleted":
            row = told.pop(event.about)
            known.pop(row["blob_name"], None)
            kept_s = event.at_s - story.history.seconds(row["updated_at"])
            if kept_s < story.history.history_retention_s - CLOCKS_AGREE_S:
                yield f"{event.about} was forgotten after {kept_s:.0f} s"
        elif event.what == "row deleted":
            yield from _untold(event.about, event.facts["row"], told.get(event.about))
    yield from (f"the history of {key} is left" for key in told)


def every_job_knows_those_before(story: Story) -> Iterator[str]:
    """The timeline of a name goes on with each newer upload."""
    for key, changes in story.changes_by_key().items():
        for change in changes:
            row, before = change.after, change.before
            if row and before and not row["timeline"].startswith(before["timeline"][:-1]):
                yield f"{key} at {change.at_s:.2f}: its timeline does not say what was before"


def _untold(key: str, row: dict[str, Any], told: dict[str, Any] | None) -> Iterator[str]:
    if told is None or told["upload_etag"] != row["upload_etag"]:
        yield f"the row of {key} went without a trace"
    elif told["status"] != EXPIRED or not told["timeline"].startswith(row["timeline"][:-1]):
        yield f"the history of {key} does not say what its row said"
