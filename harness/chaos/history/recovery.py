"""How long jobs wait after the process that worked on them has died."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.chaos.history.story import FOREVER, Change, Story

# Of the settings that production has; runs with shorter leases come back sooner.
PRODUCTION_LEASE_S = 45.0
# A lease, the patience with a lost message, and a tick of the quick timer are 120; twice that is no
# plan, and waiting for the slow timer is more.
LATEST_S = 240.0
# After 45 s an upload without a row is looked up, twice a minute.
NOTICED_S = 150.0
# Every five minutes each upload is, however old; a tick may come half a minute late.
NOTICED_LATER_S = 330.0
LONGEST_TROUBLE_S = 400.0


@dataclass(frozen=True, slots=True)
class Recovery:
    """One job's way back."""

    key: str
    died_s: float
    waited_s: float  # until it was claimed again, answered or replaced
    lease_s: float


def recoveries(story: Story) -> Iterator[Recovery]:
    """Of each attempt that died with its process, where nothing else went wrong on the way.

    The time counts from the last death before the job came back, and only while a machine was up.
    """
    for key, changes in story.changes_by_key().items():
        for number, change in enumerate(changes):
            if died_s := _death(story, changes, number):
                back = changes[number + 1] if number + 1 < len(changes) else None
                yield from _measured(story, key, change, died_s, back)


def nobody_waits_long_for_the_dead(story: Story) -> Iterator[str]:
    """No job."""
    for recovery in recoveries(story):
        if recovery.waited_s > LATEST_S:
            yield (
                f"{recovery.key} waited {recovery.waited_s:.0f} s after the death"
                f" at {recovery.died_s:.2f}"
            )


def no_upload_waits_long_to_be_noticed(story: Story) -> Iterator[str]:
    """Where its event is lost, the quick timer takes it in; where more is wrong, the slow one."""
    noticed: dict[str, float] = {}
    for change in story.changes:
        if change.after:
            noticed.setdefault(change.after["upload_etag"], change.at_s)
    for version in story.versions.values():
        late_s = version.put_s + NOTICED_S
        if any(version.put_s - LONGEST_TROUBLE_S <= each.at_s <= late_s for each in story.troubles):
            late_s = max(version.put_s, story.calm_s) + NOTICED_LATER_S
        if min(noticed.get(version.etag, FOREVER), version.gone_s) > late_s:
            yield f"{version.name} ({version.etag}) was not noticed by {late_s:.0f} s"


def _death(story: Story, changes: list[Change], number: int) -> float | None:
    """When the attempt that owns the row died, if this change is the last that it made."""
    row = changes[number].after
    if row is None or row["status"] != "processing":
        return None
    machine = story.claimed_by.get(row["attempt_id"], "").partition(" attempt")[0]
    until_s = changes[number + 1].at_s if number + 1 < len(changes) else float("inf")
    for event in story.troubles:
        is_death = event.about.startswith("killed") and event.who.startswith(f"{machine} worker")
        if is_death and changes[number].at_s <= event.at_s < until_s:
            return event.at_s
    return None


def _measured(
    story: Story, key: str, change: Change, died_s: float, back: Change | None
) -> Iterator[Recovery]:
    row = change.after
    assert row is not None
    if back is None:
        return
    begins_s = died_s
    for event in story.troubles:
        if died_s < event.at_s < back.at_s:
            if not event.about.startswith("killed"):
                return
            begins_s = event.at_s
    begins_s = max(begins_s, _up_again_s(story, begins_s))
    lease_s = (row["lease_until"] - row["updated_at"]).total_seconds()
    yield Recovery(key, died_s, max(0.0, back.at_s - begins_s), lease_s)


def _up_again_s(story: Story, after_s: float) -> float:
    """From when on at least one machine was up."""
    up: set[str] = set()
    for event in story.history.events:
        if event.at_s > after_s and up:
            return after_s
        if event.what == "machine up":
            up.add(event.about)
            if event.at_s > after_s:
                return event.at_s
        elif event.what == "trouble" and event.about.startswith("killed"):
            up.discard(event.who.partition(" worker")[0])
    return after_s
