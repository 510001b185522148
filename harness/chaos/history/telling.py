"""Whoever wants to know of the end of a job is told: in time, truly, and once with each id."""

from collections.abc import Iterator
from typing import Any

from harness.chaos.history.outbox import (
    ACTIVE,
    Life,
    Outbox,
    Step,
    named_in,
    outbox_of,
    own_address,
    published_at_s,
)
from harness.chaos.history.story import CLOCKS_AGREE_S, FOREVER, Change, Story

# A process may know of an endpoint this much later, if it was slow or stopped meanwhile.
KNOWN_AFTER_S = 500.0
MOST_TRIES = 10
# Of the last attempt, before the deadline.
LEASE_S = 30.0
FOR_GOOD = ("DELIVERY_GONE", "DELIVERY_REFUSED")
# After the last fault: two rounds of alarms, and what hangs.
SOON_S = 600.0
# Until when the timers tick every half minute.
TICKS_S = 1800.0


def every_end_is_told(story: Story) -> Iterator[str]:
    """To each endpoint that was there; what is under way ends as delivered, or given up."""
    outbox = outbox_of(story)
    for change in story.answers():
        row = change.after
        assert row is not None
        told = outbox.of_end(change.key, row["upload_etag"])
        for name in _certain(story, outbox, change):
            if name not in {life.key[0] for life in told}:
                yield f"{name} was never told that {change.key} {row['status']}"
        if (url := own_address(row)) and url not in {life.first.get("url") for life in told}:
            yield f"{url} was never told that {change.key} {row['status']}"
    for life in outbox.lives.values():
        yield from (f"{life.where}: {why}" for why in _untrue_end(story, outbox, life))
        yield from (f"{life.where}: {why}" for why in _without_a_line(life))


def nothing_is_told_too_early(story: Story) -> Iterator[str]:
    """Neither stored for anybody nor sent before the row of the job says the same."""
    outbox = outbox_of(story)
    settled = {
        (change.key, change.after["upload_etag"]): change
        for change in reversed(story.answers())
        if change.after
    }
    for life in outbox.lives.values():
        if not life.first.get("job_key"):
            continue
        end = settled.get((life.first["job_key"], life.first["upload_etag"]))
        if end is None or end.at_s > life.steps[0].at_s:
            yield f"{life.where} was stored at {life.steps[0].at_s:.2f}, before the row said so"
    for event in outbox.sent:
        sent_of = outbox.lives.get((event.facts["endpoint"], event.about))
        if sent_of is None:
            yield f"{event.about} was sent at {event.at_s:.2f}, and stands nowhere"
        elif sent_of.first.get("job_key"):
            end = settled.get((sent_of.first["job_key"], sent_of.first["upload_etag"]))
            said = end.after["status"] if end and end.after else None
            if event.facts["status"] != said:
                yield f"{sent_of.where}: sent {event.facts['status']}, and its row said {said}"


def an_event_keeps_its_id(story: Story) -> Iterator[str]:
    """The same at every endpoint, whoever published it, and however often."""
    ids: dict[tuple[str, ...], str] = {}
    for life in outbox_of(story).lives.values():
        if life.first.get("job_key"):
            end = life.first["job_key"], life.first["upload_etag"]
            if ids.setdefault(end, life.key[1]) != life.key[1]:
                yield f"{life.where} has the ids {ids[end]} and {life.key[1]}"


def a_row_says_told_when_all_are(story: Story) -> Iterator[str]:
    """At that moment, all that it names is stored, and it names all that was stored before."""
    outbox = outbox_of(story)
    for change in story.changes:
        row, before = change.after, change.before
        if not (row and before and before.get("unpublished")) or row.get("unpublished"):
            continue
        if row["upload_etag"] != before["upload_etag"]:
            yield f"{change.key} at {change.at_s:.2f}: replaced, and nobody was told"
            continue
        stored = {life.key for life in outbox.lives.values() if life.steps[0].at_s <= change.at_s}
        for name in _certain(story, outbox, change):
            if not any(endpoint == name for endpoint, _ in stored & named_in(row)):
                yield f"{change.key} at {change.at_s:.2f}: says told, but {name} is not to be"
        if named_in(row) - stored:
            yield f"{change.key} at {change.at_s:.2f}: says told before all deliveries stand"


def nobody_waits_long_for_an_event(story: Story) -> Iterator[str]:
    """Once all is calm: of an end that is to be told, and of an attempt that is due."""
    outbox = outbox_of(story)
    for change in story.changes:
        row = change.after
        if row and change.settles and row.get("unpublished"):
            late_s = max(change.at_s, story.calm_s) + SOON_S
            if published_at_s(story, change.key, row["upload_etag"]) > late_s:
                yield f"{change.key} was settled at {change.at_s:.2f}, and not told by {late_s:.0f}"
    for life in outbox.lives.values():
        following = [*life.steps[1:], Step(life.forgotten_s, "", None)]
        for step, then in zip(life.steps, following, strict=True):
            if step.row and step.row["state"] in ACTIVE:
                late_s = _due_s(story, outbox, life, step, then) + SOON_S
                if late_s < story.calm_s + TICKS_S and then.at_s > late_s:
                    yield f"{life.where} was due since {late_s - SOON_S:.0f}, and nothing happened"


def _certain(story: Story, outbox: Outbox, change: Change) -> Iterator[str]:
    """Endpoints that nobody can have overlooked when the end of this job was told."""
    row = change.after
    assert row is not None
    first_put_s = min((version.put_s for version in story.versions.values()), default=0.0)
    until_s = max(change.at_s, published_at_s(story, change.key, row["upload_etag"]))
    for name, steps in outbox.endpoints.items():
        known_s = steps[0].at_s
        if not (known_s < first_put_s or known_s + KNOWN_AFTER_S < change.at_s):
            continue
        if all(_wants(step, f"job.{row['status']}") for step in steps if step.at_s <= until_s):
            yield name


def _wants(step: Step, kind: str) -> bool:
    return step.row is not None and not step.row.get("disabled_at") and kind in step.row["events"]


def _untrue_end(story: Story, outbox: Outbox, life: Life) -> Iterator[str]:
    """What the row says in the end is what happened."""
    at_s, _, row = life.steps[-1]
    assert row is not None
    if row["state"] in ACTIVE:
        yield f"is {row['state']} in the end"
    elif row["state"] == "delivered":
        if not any(_is_acceptance(event, life, at_s) for event in outbox.sent):
            yield "says delivered, and nobody has accepted it"
    elif row["state"] == "dropped":
        steps = outbox.endpoints.get(life.key[0], [])
        if not any(step.at_s <= at_s and not _is_enabled(step) for step in steps):
            yield "was dropped, though its endpoint was there"
    else:
        tries = row["attempts"] - row.get("attempts_before", 0)
        is_late = at_s >= story.history.seconds(row["deadline"]) - LEASE_S - CLOCKS_AGREE_S
        if tries < MOST_TRIES and not is_late and row.get("error_code") not in FOR_GOOD:
            yield f"was given up after {tries} attempts ({row.get('error_code')})"


def _is_acceptance(event: Any, life: Life, at_s: float) -> bool:
    is_its_own = (event.facts["endpoint"], event.about) == life.key
    return is_its_own and event.facts["is_accepted"] and event.at_s <= at_s


def _is_enabled(step: Step) -> bool:
    return step.row is not None and not step.row.get("disabled_at")


def _without_a_line(life: Life) -> Iterator[str]:
    """Every attempt that ended with a word has a line in the log."""
    numbers = {record["number"] for record in life.log}
    for before, step in life.moves():
        row = step.row
        if row is None or before["state"] != "sending" or row.get("replays") != before["replays"]:
            continue
        has_ended = row["state"] == "delivered" or row["state"] == "waiting"
        if has_ended and row["attempts"] not in numbers:
            yield f"attempt {row['attempts']} ended, and the log does not say so"


def _due_s(story: Story, outbox: Outbox, life: Life, step: Step, then: Step) -> float:
    """When something should happen: not before its time, nor while its circuit is open."""
    assert step.row is not None
    opened = [
        story.history.seconds(breaker.row["open_until"])
        for breaker in outbox.breakers[life.key[0]]
        if breaker.row and breaker.row.get("open_until") and breaker.at_s <= then.at_s
    ]
    due_s = story.history.seconds(step.row["due"])
    return max(due_s, step.at_s, story.calm_s, max(opened, default=-FOREVER))
