"""I2, I5 and I7: one right result for each job, for as long as promised, from its own bytes."""

from collections.abc import Iterator
from typing import Any

from harness.chaos.history.story import CLOCKS_AGREE_S, FOREVER, Change, Result, Story, is_settled

# How long after their time results may still be there: the sweep comes every five minutes.
LATE_S = 600.0


def one_right_result_for_each_job(story: Story) -> Iterator[str]:
    """What a completed row points to is there, made from that upload, and stays the same."""
    for change in story.changes:
        row, before = change.after, change.before
        if row is None or row["status"] != "completed":
            continue
        where = f"{row['blob_name']} ({row['upload_etag']})"
        if change.settles:
            yield from _wrong(story, change, row)
        elif before and before.get("output_etag") != row["output_etag"]:
            yield f"{where} changed its result from {before.get('output_etag')}"
    for row, completed_s, until_s in _served(story):
        result = story.results.get(row["output_etag"])
        if result and result.was_replaced and completed_s <= result.gone_s < until_s:
            yield (
                f"the result of {row['blob_name']} ({row['upload_etag']}) was overwritten"
                f" by {result.gone_by} at {result.gone_s:.2f}"
            )


def _wrong(story: Story, change: Change, row: dict[str, Any]) -> Iterator[str]:
    where = f"{row['blob_name']} ({row['upload_etag']})"
    result, version = story.results.get(row["output_etag"]), story.versions[row["upload_etag"]]
    if result is None or not result.stored_s <= change.at_s <= result.gone_s:
        yield f"{where} was completed at {change.at_s:.2f}, but its result is not there"
    elif result.name != row["processed_blob_name"]:
        yield f"{where} names {row['processed_blob_name']}, but its result is {result.name}"
    elif story.made_from.get(result.sha256) != version.sha256:
        yield f"{where} was completed with bytes that are not its own"
    elif result.stored_s < story.history.seconds(row["processing_started_at"]) - CLOCKS_AGREE_S:
        yield f"{where} was completed with a version that an earlier attempt may still replace"


def nobody_stores_twice(story: Story) -> Iterator[str]:
    """An attempt whose answer was lost finds its result instead of storing it again."""
    seen: set[tuple[str, str, str]] = set()
    for result in story.results.values():
        mark = (result.name, result.sha256, str(sorted(result.marks.items())))
        if mark in seen:
            yield f"{result.name} was stored again at {result.stored_s:.2f}, as it was"
        seen.add(mark)


def results_stay_as_long_as_promised(story: Story) -> Iterator[str]:
    """Neither result nor row goes before its time while the row serves it; then both go."""
    history = story.history
    for row, completed_s, until_s in _served(story):
        where = f"{row['blob_name']} ({row['upload_etag']})"
        result = story.results.get(row["output_etag"])
        if result is None:
            continue
        due_s = max(settled_at_s(story, row) + history.retention_s, _held_until_s(story, row))
        due_s = min(due_s, story.discarded_s.get(row["upload_etag"], FOREVER))
        if not result.was_replaced and result.gone_s < min(due_s - CLOCKS_AGREE_S, until_s):
            yield f"the result of {where} was deleted {due_s - result.gone_s:.0f} s too early"
        if result.gone_s > max(due_s, completed_s, story.calm_s + history.retention_s) + LATE_S:
            yield f"the result of {where} was still there {LATE_S:.0f} s after its time"
    for change in story.changes:
        if change.after is None and (early_s := _too_early(story, change)) > CLOCKS_AGREE_S:
            yield f"the row of {change.key} was deleted {early_s:.0f} s too early"


def no_job_serves_anothers_bytes(story: Story) -> Iterator[str]:
    """Every stored result comes from an upload of the name that its job has."""
    by_digest = {version.sha256: version for version in story.versions.values()}
    keys = {row["blob_name"]: change.key for change in story.changes if (row := change.after)}
    for result in story.results.values():
        version = by_digest.get(story.made_from.get(result.sha256, ""))
        if version and keys.get(version.name) != result.marks.get("job"):
            yield f"{result.name} of job {result.marks.get('job')} was made from {version.name}"
    for change in story.answers():
        row = change.after
        if row and row["status"] == "completed":
            result_of_row = story.results.get(row["output_etag"])
            if result_of_row and not _is_of(result_of_row, change.key):
                yield f"{change.key} serves the result of {result_of_row.marks.get('job')}"


def _held_until_s(story: Story, row: dict[str, Any]) -> float:
    """Until when it is kept for those who are still to be told of it."""
    rows = (change.after for change in story.changes)
    held = (
        story.history.seconds(each["keep_until"])
        for each in rows
        if each and each["upload_etag"] == row["upload_etag"] and each.get("keep_until")
    )
    return max(held, default=0.0)


def _is_of(result: Result, key: str) -> bool:
    return result.marks.get("job") == key


def _served(story: Story) -> Iterator[tuple[dict[str, Any], float, float]]:
    """Each completed row, from when, and until when it stood as the answer."""
    for changes in story.changes_by_key().values():
        for number, change in enumerate(changes):
            row = change.after
            if row is None or row["status"] != "completed" or not change.settles:
                continue
            later = (each.at_s for each in changes[number + 1 :] if _ends(row, each))
            yield row, change.at_s, next(later, float("inf"))


def _ends(row: dict[str, Any], change: Change) -> bool:
    return change.after is None or change.after["upload_etag"] != row["upload_etag"]


def settled_at_s(story: Story, row: dict[str, Any]) -> float:
    """When the row says it was settled; clients are told so, and how long things stay after it."""
    return story.history.seconds(row[f"{row['status']}_at"])


def _too_early(story: Story, change: Change) -> float:
    """How much; a row that was not settled is always too early."""
    before, history = change.before, story.history
    if before is None or not is_settled(before):
        return float("inf")
    if before.get("deleted_at"):
        return 0.0
    keeps_s = history.retention_s if before["status"] == "completed" else history.failed_retention_s
    kept_s = max(settled_at_s(story, before) + keeps_s, _held_until_s(story, before))
    return kept_s - change.at_s
