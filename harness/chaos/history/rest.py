"""I6, and what must be true of the whole: few messages, nothing left in the end, no surprise."""

from collections import Counter
from collections.abc import Iterator

from harness.chaos.history.outbox import outbox_of
from harness.chaos.history.story import FOREVER, Story

# For one upload at a time, with events and messages that come five times and are sent twice.
MOST_MESSAGES = 30
# Of those that wake a dispatcher, which name no upload: for each step of a delivery.
DELIVERY_QUEUE, MOST_WAKE_UPS = "media-delivery-queue", 4


def no_temporary_byte_is_left(story: Story) -> Iterator[str]:
    """On no disk."""
    for event in story.history.of("rest"):
        if event.facts["folders"]:
            yield f"{event.facts['folders']} temporary folders are left"


def messages_do_not_multiply(story: Story) -> Iterator[str]:
    """However often a message comes, it leaves behind one at most."""
    alive: Counter[str] = Counter()
    most: Counter[str] = Counter()
    about: dict[str, str] = {}
    wake_ups = 0
    for event in story.history.events:
        if event.facts.get("queue", "").startswith(DELIVERY_QUEUE):
            wake_ups += event.what == "message sent"
        elif event.what == "message sent":
            upload = about[event.about] = event.facts["upload_etag"]
            alive[upload] += 1
            most[upload] = max(most[upload], alive[upload])
        elif event.what == "message deleted":
            alive[about[event.about]] -= 1
    for upload, count in most.items():
        if count > MOST_MESSAGES:
            yield f"{count} messages about {upload} at the same time"
    steps = sum(len(life.steps) for life in outbox_of(story).lives.values())
    if wake_ups > MOST_MESSAGES + MOST_WAKE_UPS * steps:
        yield f"{wake_ups} messages for {steps} steps of deliveries"


def nothing_is_left(story: Story) -> Iterator[str]:
    """No message, no row, no alarm, no blob; and the app never met what nobody foresaw."""
    for event in story.history.of("surprise"):
        yield f"{event.who} at {event.at_s:.2f}: {event.about}: {event.facts['error']}"
    for event in story.history.of("rest"):
        for queue, count in event.facts["messages"].items():
            if count:
                yield f"{count} messages are left in {queue}"
        if event.facts.get("alarms"):
            yield f"{event.facts['alarms']} alarms are left"
    yield from (f"{what} is left" for what in _left(story))


def _left(story: Story) -> Iterator[str]:
    for key, row in story.rows.items():
        yield f"the row of {key} ({row['status']})"
    for life in outbox_of(story).lives.values():
        if life.forgotten_s == FOREVER:
            yield f"the delivery of {life.where}"
    for version in story.versions.values():
        if version.gone_s == FOREVER:
            yield f"the upload {version.name} ({version.etag})"
    for result in story.results.values():
        if result.gone_s == FOREVER:
            yield f"the result {result.name} ({result.etag})"
