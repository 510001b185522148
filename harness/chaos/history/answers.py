"""I1 and I4: every upload gets one true answer, and is kept until then."""

from collections.abc import Iterator

from harness.chaos.history.attempts import attempts_of
from harness.chaos.history.order import LOST
from harness.chaos.history.story import (
    CANCELLED,
    CLOCKS_AGREE_S,
    FOREVER,
    Change,
    Story,
    Version,
    of_same_upload,
)

# After the last fault: all delays of all retries, and the sweep's longest doubt, twice.
ANSWERED_WITHIN_S = 3 * 3600.0
# Codes that are true of a file whatever happens to the machines.
EMPTY, GONE = "EMPTY_FILE", "SOURCE_GONE"
STOPPED = "WORKER_STOPPED"


def every_upload_is_answered_once(story: Story) -> Iterator[str]:
    """The newest upload of each name for certain, an older one at most once; always truly."""
    answered: dict[str, Change] = {}
    for change in story.answers():
        assert change.after is not None
        etag = change.after["upload_etag"]
        version = story.versions.get(etag)
        if version is None:
            yield f"{change.key} answers for {etag}, which nobody uploaded"
        elif etag in answered:
            yield f"{version.name} ({etag}) was settled again at {change.at_s:.2f}"
        else:
            yield from _untrue(story, version, change)
        answered[etag] = change
    for version in story.newest.values():
        answer = answered.get(version.etag)
        if answer is None and version.gone_by != "client":
            yield f"{version.name} ({version.etag}) was never answered"
        elif answer and answer.at_s > max(story.calm_s, version.put_s) + ANSWERED_WITHIN_S:
            yield f"{version.name} ({version.etag}) was answered only at {answer.at_s:.0f}"


def _untrue(story: Story, version: Version, change: Change) -> Iterator[str]:
    """An answer that says what did not happen."""
    row = change.after
    assert row is not None
    code, where = row.get("error_code"), f"{version.name} ({version.etag})"
    if row["status"] == "completed":
        if version.size == 0:
            yield f"{where} is empty, but completed"
    elif code == EMPTY:
        if version.size:
            yield f"{where} is not empty"
    elif code == GONE:
        if version.gone_s > change.at_s:
            yield f"{where} failed as gone while it was there"
    elif code == CANCELLED:
        if not {("cancel", version.name), ("delete", version.name)} & story.asked:
            yield f"{where} was cancelled, which nobody asked for"
    elif (version.sha256, code) not in story.failures:
        yield from _given_up(story, change, where)


def _given_up(story: Story, answer: Change, where: str) -> Iterator[str]:
    """Too early: not all attempts were made, or too few of them died."""
    row, max_retries = answer.after, story.history.max_retries
    assert row is not None
    code, tried = row.get("error_code"), row["attempts"] - _interrupted(story, answer)
    deaths = _deaths(story, answer) if code == LOST else 0
    if tried < least_attempts(code, max_retries):
        yield f"{where} was given up after {row['attempts']} attempts ({code})"
    elif code == LOST and not (deaths >= max(1, max_retries) or (deaths and tried > max_retries)):
        yield f"{where} was given up after {deaths} deaths in {tried} attempts"


def _deaths(story: Story, answer: Change) -> int:
    """How many attempts at the answered upload vanished with their process, or while it slept."""
    return sum(
        attempt.claim.at_s < answer.at_s and attempt.vanished and attempt.had_to_vanish()
        for attempt in attempts_of(story)
        if of_same_upload(attempt.claim.after, answer.after)
    )


def _interrupted(story: Story, answer: Change) -> int:
    """How many attempts at the answered upload were not allowed to end, which is not its fault."""
    assert answer.after is not None
    rows = [change.after for change in story.changes if change.key == answer.key]
    return len(
        {
            row["attempts"]
            for row in rows
            if row is not None
            and row["upload_etag"] == answer.after["upload_etag"]
            and (row["status"], row.get("error_code")) == ("queued", STOPPED)
        }
    )


def least_attempts(code: str | None, max_retries: int) -> int:
    """How many attempts a transient failure is worth; one fewer where each killed its worker."""
    return max(1, max_retries) if code == LOST else max_retries + 1


def an_upload_stays_until_its_result_is_verified(story: Story) -> Iterator[str]:
    """Whoever but the client deletes it must find it settled, and its result read back whole."""
    answers = {
        change.after["upload_etag"]: change
        for change in story.answers()
        if change.after is not None
    }
    for answer in answers.values():
        yield from _unverified(story, answer)
    for version in story.versions.values():
        if version.gone_by in ("", "client") or version.has_another:
            continue
        where, at_s = f"{version.name} ({version.etag})", version.gone_s
        found = answers.get(version.etag)
        if found is None or found.at_s > at_s:
            yield f"{where} was deleted by {version.gone_by} before it was answered"
        elif found.after and found.after["status"] == "failed":
            if _is_unwanted(story, found, at_s):
                continue
            kept_s = at_s - story.history.seconds(found.after["failed_at"])
            if kept_s < story.history.failed_retention_s - CLOCKS_AGREE_S:
                yield f"{where} failed and was deleted after {kept_s:.0f} s"


def _is_unwanted(story: Story, answer: Change, at_s: float) -> bool:
    """Whether its client has cancelled the job, or had it deleted by then."""
    row = answer.after
    assert row is not None
    is_discarded = story.discarded_s.get(row["upload_etag"], FOREVER) <= at_s
    return row.get("error_code") == CANCELLED or is_discarded


def _unverified(story: Story, answer: Change) -> Iterator[str]:
    row = answer.after
    assert row is not None
    if row["status"] != "completed":
        return
    result = story.results.get(row["output_etag"])
    if result is None or not any(read_s <= answer.at_s for read_s in result.read_s):
        yield f"{row['blob_name']} was completed at {answer.at_s:.2f} without reading its result"
