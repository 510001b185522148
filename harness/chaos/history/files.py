"""Files that are brought to their owner: whole, and confirmed only when they are there."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath

from harness.chaos.history.outbox import outbox_of
from harness.chaos.history.story import Story

SERVER = "sftp"  # the endpoint


def files_arrive_whole(story: Story) -> Iterator[str]:
    """What lies under its final name is the result of its job, to the byte."""
    results = _results(story)
    for event in story.history.of("file arrived"):
        if event.facts["sha256"] not in results[PurePosixPath(event.about).stem]:
            yield f"{event.about} at {event.at_s:.2f}: {event.who} left something else there"


def what_is_confirmed_is_there(story: Story) -> Iterator[str]:
    """At the moment at which its owner is told."""
    results = _results(story)
    for event in story.history.of("file confirmed"):
        if event.facts["sha256"] is None:
            yield f"{event.about} at {event.at_s:.2f}: confirmed by {event.who}, and not there"
        elif event.facts["sha256"] not in results[PurePosixPath(event.about).stem]:
            yield f"{event.about} at {event.at_s:.2f}: confirmed by {event.who}, and not whole"


def every_file_is_brought(story: Story) -> Iterator[str]:
    """The result of whatever a platform sent has a delivery; how that ends, `told` says."""
    outbox = outbox_of(story)
    for change in story.answers():
        row = change.after
        if row and row["status"] == "completed" and row.get("contract"):
            told = outbox.of_end(change.key, row["upload_etag"])
            if SERVER not in {life.key[0] for life in told}:
                yield f"the result of {change.key} was never to be brought"


def _results(story: Story) -> dict[str, set[str]]:
    """The digests of what was answered, by the middle of the upload's name."""
    found = defaultdict[str, set[str]](set)
    for change in story.answers():
        row = change.after
        if row and row["status"] == "completed" and row["output_etag"] in story.results:
            digest = story.results[row["output_etag"]].sha256
            found[PurePosixPath(row["blob_name"]).stem].add(digest)
    return found
