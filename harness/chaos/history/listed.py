"""The index: every job has an entry from before its row on, and none says what no row has said."""

from collections.abc import Iterator
from typing import Any

from harness.chaos.history.story import Story, is_settled

TABLES = "row of jobindex"
SUMS = "|sum"
OPEN = "open"


def every_job_is_listed(story: Story) -> Iterator[str]:
    """An end stands there only once a row has said it; that it stands there may take a list."""
    listed: set[tuple[str, str]] = set()
    ended: set[tuple[str, str, str]] = set()
    for event in story.history.events:
        row: dict[str, Any] = event.facts.get("row") or {}
        if event.what == "row written":
            yield from _unlisted(event.about, event.at_s, row, listed)
            if is_settled(row):
                ended.add((*_job(event.about, row), row["status"]))
        elif event.what.startswith(TABLES) and event.what.endswith("written"):
            if row["PartitionKey"].endswith(SUMS):
                continue
            job = _job(event.about.partition("-")[2], row)
            is_told_too_early = row["status"] != OPEN and (*job, row["status"]) not in ended
            if is_told_too_early and not _is_born_failed(row):
                yield f"{job[0]} at {event.at_s:.2f}: listed as {row['status']} before its row was"
            listed.add(job)


def _unlisted(
    key: str, at_s: float, row: dict[str, Any], listed: set[tuple[str, str]]
) -> Iterator[str]:
    is_by_hand = "created_at" not in row  # a history that people wrote says nothing of the index
    if not is_by_hand and _job(key, row) not in listed:
        yield f"{key} at {at_s:.2f}: has a row, and no entry in the index"


def _job(key: str, row: dict[str, Any]) -> tuple[str, str]:
    return key, f"{row['upload_etag']} {row.get('created_at')}"


def _is_born_failed(row: dict[str, Any]) -> bool:
    """Its end is listed as its beginning is, before there is a row."""
    return row["status"] == "failed" and not row["attempts"]
