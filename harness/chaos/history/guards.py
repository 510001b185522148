"""What was read before is changed, deleted or read on in that version only."""

from collections.abc import Iterator
from string import digits

from harness.chaos.history.story import Story

# Alarms say nothing but their own keys; what is told of an expired job is only ever told again.
# The index says again what a row says; its sums are counted anew. What came in forms never changes.
ANY_VERSION = {
    *(("jobalarms", "written"), ("jobalarms", "deleted"), ("jobhistory", "written")),
    *(("jobindex", "written"), ("jobindex", "deleted")),
    *(("mediaids", "written"), ("mediaids", "deleted")),
}
# Of an endpoint: who deletes it, or asks for events once more, does not care what was before.
ENDPOINT, BREAKER = "wh_", "d"


def nothing_is_touched_unseen(story: Story) -> Iterator[str]:
    """Whether or not somebody else had come in between this time."""
    for event in story.history.of("unguarded"):
        place, verb = event.facts["place"], event.facts["verb"]
        is_endpoints = place == "outbox" and (
            event.about == BREAKER or (event.about.startswith(ENDPOINT) and verb == "deleted")
        )
        if (place.rstrip(digits), verb) not in ANY_VERSION and not is_endpoints:
            yield f"{event.about} of {place} was {verb} in any version at {event.at_s:.2f}"
