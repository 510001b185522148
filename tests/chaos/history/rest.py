"""I6, and what must be true in the end: nothing moves, nothing is left, nobody was surprised."""

from collections.abc import Iterator

from tests.chaos.history.story import FOREVER, Story


def no_temporary_byte_is_left(story: Story) -> Iterator[str]:
    """On no disk."""
    for event in story.history.of("rest"):
        if event.facts["folders"]:
            yield f"{event.facts['folders']} temporary folders are left"


def nothing_is_left(story: Story) -> Iterator[str]:
    """No message, no row, no blob; and the app never met what nobody foresaw."""
    for event in story.history.of("surprise"):
        yield f"{event.who} at {event.at_s:.2f}: {event.about}: {event.facts['error']}"
    for event in story.history.of("rest"):
        for queue, count in event.facts["messages"].items():
            if count:
                yield f"{count} messages are left in {queue}"
    yield from (f"the row of {key} is left ({row['status']})" for key, row in story.rows.items())
    for version in story.versions.values():
        if version.gone_s == FOREVER:
            yield f"the upload {version.name} ({version.etag}) is left"
    for result in story.results.values():
        if result.gone_s == FOREVER:
            yield f"the result {result.name} ({result.etag}) is left"
