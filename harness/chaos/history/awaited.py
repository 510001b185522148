"""Results stay until everybody who is to be told of them has been told, and a while longer."""

from collections.abc import Iterator
from typing import Any

from harness.chaos.history.outbox import Life, named_in, outbox_of
from harness.chaos.history.story import CLOCKS_AGREE_S, Change, Story, of_same_upload

# From a look at deliveries until what follows from it is written, where storage is slow.
SLOW_S = 200.0


def a_result_waits_for_its_event(story: Story) -> Iterator[str]:
    """While a delivery that its row names is under way, and for the retention after that."""
    for change in story.changes:
        row, before = change.after, change.before
        if before is None or before["status"] != "completed":
            continue
        if row is None:
            yield from _gone_too_early(story, change, before)
        elif of_same_upload(before, row) and row.get("keep_until") != before.get("keep_until"):
            yield from _kept_for_nobody(story, change, row)


def _kept_for_nobody(story: Story, change: Change, row: dict[str, Any]) -> Iterator[str]:
    """For longer than any delivery may still need it, as they stood when that was decided."""
    needed_s = [
        _over_s(story, life, looked_s)
        for life in _published(story, row)
        for looked_s in (story.history.seconds(row["updated_at"]) - SLOW_S, change.at_s)
    ]
    allowed_s = max(needed_s, default=0.0) + story.history.retention_s + CLOCKS_AGREE_S
    if story.history.seconds(row["keep_until"]) > allowed_s:
        yield f"{change.key} at {change.at_s:.2f}: its result is kept for nobody"


def _gone_too_early(story: Story, change: Change, row: dict[str, Any]) -> Iterator[str]:
    if row.get("deleted_at"):
        return  # its client waits for nobody
    result = story.results.get(row["output_etag"])
    gone_s = min(change.at_s, result.gone_s) if result else change.at_s
    for life in _published(story, row):
        needed_s = _needed_until_s(story, life, gone_s) + story.history.retention_s
        if needed_s > gone_s + CLOCKS_AGREE_S and not life.last["replays"]:
            yield f"{life.where}: at {gone_s:.0f} its result went, needed until {needed_s:.0f}"


def _needed_until_s(story: Story, life: Life, at_s: float) -> float:
    """Up to its end, its deadline, or that moment, whichever comes first."""
    row = life.at(at_s)
    if row is None or life.forgotten_s <= at_s:
        return float("-inf")
    deadline_s = story.history.seconds(row["deadline"])
    return min(at_s, deadline_s, story.history.seconds(row.get("ended_at") or row["deadline"]))


def _over_s(story: Story, life: Life, at_s: float) -> float:
    """When a delivery was over, or, where it was not by then, when it will be."""
    row = life.at(at_s) or life.first
    return story.history.seconds(row.get("ended_at") or row["deadline"])


def _published(story: Story, row: dict[str, Any]) -> list[Life]:
    lives = outbox_of(story).lives
    return [lives[key] for key in named_in(row) if key in lives]
