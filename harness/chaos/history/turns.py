"""Who works beside whom, and who waits behind whom."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from harness.chaos.history.attempts import Attempt, attempts_of
from harness.chaos.history.story import Story

# A job that may end its worker once more, and finds none idle for half an hour, has to do without;
# its row was written a while before.
LONG_WAIT_S = 25 * 60.0
LARGE_FILES, SMALL_FILES = "media-processing-queue", "media-processing-queue-high"


def a_last_chance_is_taken_alone(story: Story) -> Iterator[str]:
    """Another death would be the job's last: its worker has no other attempt meanwhile."""
    by_machine: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts_of(story):
        is_ghost = attempt.claim.who.startswith("ghost of ")
        if not is_ghost or attempt.last_s > attempt.claim.at_s:  # else nobody knows of the claim
            by_machine[attempt.machine].append(attempt)
    for attempts in by_machine.values():
        for one, other in combinations(attempts, 2):
            if _overlap(one, other) and (_is_last(story, one) or _is_last(story, other)):
                yield f"{one.where} worked beside {other.where}"


def _overlap(one: Attempt, other: Attempt) -> bool:
    return one.claim.at_s < other.worked_until_s and other.claim.at_s < one.worked_until_s


def _is_last(story: Story, attempt: Attempt) -> bool:
    row, before = attempt.claim.after, attempt.claim.before
    assert row is not None
    waited_s = attempt.claim.at_s - story.history.seconds(before["updated_at"]) if before else 0
    vanished = row.get("vanished", 0)
    return vanished > 0 and vanished + 1 >= story.history.max_retries and waited_s < LONG_WAIT_S


def small_files_have_their_own_lane(story: Story) -> Iterator[str]:
    """Whoever sends the message."""
    for event in story.history.of("message sent"):
        version = story.versions.get(event.facts["upload_etag"])
        if version is None or event.facts["queue"] not in (LARGE_FILES, SMALL_FILES):
            continue
        is_small = version.size < story.history.small_below_bytes
        if is_small != (event.facts["queue"] == SMALL_FILES):
            yield f"{version.name} of {version.size} bytes waits in {event.facts['queue']}"
