"""I3 and I8: a row never goes back, tells the truth at every moment, and says why it failed."""

from collections.abc import Iterator
from typing import Any

from harness.chaos.history.attempts import invocation_of
from harness.chaos.history.story import (
    CANCELLED,
    CLOCKS_AGREE_S,
    EXPIRED,
    SETTLED,
    Change,
    Story,
    is_settled,
    of_same_upload,
)

# What a job fails with when none of its attempts came back: said by others, never by an attempt.
LOST = "WORKER_LOST"
NONE_YET = (-1, 0)


def nothing_goes_back(story: Story) -> Iterator[str]:
    """Not from a settled row, not to an older upload, not in the count of attempts."""
    numbers = story.numbers
    for changes in story.changes_by_key().values():
        newest, settled = NONE_YET, set()
        for change in changes:
            row, before = change.after, change.before
            if row is None:
                continue
            etag, where = row["upload_etag"], f"{row['blob_name']} at {change.at_s:.2f}"
            if numbers.get(etag, NONE_YET) < newest:
                yield f"{where}: back to the older upload {etag}"
            if etag in settled and not is_settled(row):
                yield f"{where}: {etag} was settled, and is {row['status']} again"
            if before and of_same_upload(before, row):
                yield from _changed_answer(where, before, row)
                if _is_discarded(before, row) and ("delete", row["blob_name"]) not in story.asked:
                    yield f"{where}: to be deleted, which nobody asked for"
                yield from _taken_from_the_living(story, change, before, row)
            newest = max(newest, numbers.get(etag, NONE_YET))
            if is_settled(row):
                settled.add(etag)
    yield from _stale_polls(story, numbers)


def _taken_from_the_living(
    story: Story, change: Change, before: dict[str, Any], row: dict[str, Any]
) -> Iterator[str]:
    """An attempt keeps its job while its lease runs, and, when all is calm, until it dies."""
    if before["status"] != "processing" or _is_its_own(story, change, before["attempt_id"]):
        return
    if row.get("error_code") == CANCELLED:
        return  # whether anybody asked for that is looked at as of every answer
    where = f"{row['blob_name']} at {change.at_s:.2f}"
    left_s = story.history.seconds(before["lease_until"]) - change.at_s
    if left_s > CLOCKS_AGREE_S:
        yield f"{where}: taken from an attempt whose lease had {left_s:.1f} s left"
    began_s = story.history.seconds(before["processing_started_at"]) - CLOCKS_AGREE_S
    claimed_by = story.claimed_by.get(before["attempt_id"], "?").removeprefix("ghost of ")
    machine = claimed_by.partition(" attempt")[0]
    if not any(
        began_s <= trouble.at_s <= change.at_s and trouble.who.startswith(machine)
        for trouble in story.troubles
    ):
        yield f"{where}: taken from an attempt that nothing had happened to"


def _is_its_own(story: Story, change: Change, attempt_id: str) -> bool:
    """Whether the row is still that attempt's, or was written by it for the last time."""
    assert change.after is not None
    if owner := change.after.get("attempt_id"):
        return bool(owner == attempt_id)
    return invocation_of(change.who) == invocation_of(story.claimed_by.get(attempt_id, "?"))


def _changed_answer(where: str, before: dict[str, Any], row: dict[str, Any]) -> Iterator[str]:
    is_kept_longer = (
        _is_publication(before, row) or _is_held(before, row) or _is_discarded(before, row)
    )
    if is_settled(before) and before != row and not is_kept_longer:
        yield f"{where}: {before['status']} was written again as {row['status']}"
    if row["attempts"] < before["attempts"]:
        yield f"{where}: attempt {before['attempts']} became {row['attempts']}"


def _is_publication(before: dict[str, Any], row: dict[str, Any]) -> bool:
    """Whether nothing changed but that the end of the job has been told."""
    is_told = bool(before.get("unpublished")) and not row.get("unpublished")
    return is_told and _changed(before, row) <= {"unpublished", "published", "updated_at"}


def _is_held(before: dict[str, Any], row: dict[str, Any]) -> bool:
    """Whether nothing changed but that the result is kept for longer, as an event needs it."""
    if row["status"] != "completed" or not row.get("keep_until") or row.get("unpublished"):
        return False
    is_later = before.get("keep_until") is None or row["keep_until"] > before["keep_until"]
    return is_later and _changed(before, row) <= {"keep_until", "updated_at"}


def _is_discarded(before: dict[str, Any], row: dict[str, Any]) -> bool:
    """Whether nothing changed but that nothing of it is wanted any more."""
    is_new = bool(row.get("deleted_at")) and not before.get("deleted_at")
    return is_new and _changed(before, row) <= {"deleted_at", "updated_at"}


def _changed(before: dict[str, Any], row: dict[str, Any]) -> set[str]:
    return {name for name in before.keys() | row.keys() if before.get(name) != row.get(name)}


def _stale_polls(story: Story, numbers: dict[str, tuple[int, int]]) -> Iterator[str]:
    """A poller is never told the end of an upload that was replaced before it asked."""
    for event in story.history.of("polled"):
        if event.facts["status"] not in (*SETTLED, EXPIRED):
            continue
        told = numbers.get(event.facts["upload_etag"], NONE_YET)
        for version in story.versions.values():
            if (
                version.name == event.about
                and version.life == 1  # of the others a poll does not say which it saw
                and numbers[version.etag] > told
                and version.put_s < event.facts["began_s"]
                and version.gone_s > event.at_s
            ):
                yield f"{event.about} at {event.at_s:.2f}: polled the end of an older upload"


def every_row_explains_itself(story: Story) -> Iterator[str]:
    """Failed with code and text, waiting with a reason and a time, settled without a lease."""
    for change in story.changes:
        row = change.after
        if row is not None:
            yield from (
                f"{change.key} at {change.at_s:.2f}: {why}" for why in _unclear(row, change)
            )


def _unclear(row: dict[str, Any], change: Change) -> Iterator[str]:
    status = row["status"]
    has_reason = bool(row.get("error_code")) and bool(row.get("error_message"))
    if status == "failed" and not has_reason:
        yield "failed without a code or a text"
    if status == "completed" and row.get("error_code"):
        yield f"completed, but says {row['error_code']}"
    has_lease = bool(row.get("lease_until") or row.get("attempt_id"))
    if status != "processing" and (has_lease or row.get("stage")):
        yield f"{status}, but holds a lease"
    if status == "processing" and not (row.get("lease_until") and row.get("attempt_id")):
        yield "processing without a lease"
    is_waiting = status == "queued" and change.before and change.before["status"] == "processing"
    tells_all = has_reason and row.get("next_attempt_at")
    if is_waiting and of_same_upload(change.before, row) and not tells_all:
        yield "waits without a reason or a time"
