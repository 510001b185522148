"""Who may send: the one that has claimed the delivery, while its claim lasts, and nobody else."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from harness.chaos.history.event import Event
from harness.chaos.history.outbox import ACTIVE, TABLE, Step, outbox_of
from harness.chaos.history.story import CLOCKS_AGREE_S, Story

# A message may be this much early.
EARLY_S = 2.0
# Of an attempt, from its last look at the clock on.
SENDING_S = 20.0
# Of an alarm that was set before what it is for was written.
LATE_S = 20.0
# After what is due somebody looks: 45 s, in whole seconds.
ALARM_S = 46.0
MARK = "=>"  # before the name of an endpoint, where the key of a job would stand


def nothing_is_sent_twice_at_once(story: Story) -> Iterator[str]:
    """Each attempt sends under its own claim, and is over before another one may begin.

    But for a sender that was stopped between its last look at the clock and the sending: that
    nobody can prevent.
    """
    outbox = outbox_of(story)
    for event in outbox.sent:
        life = outbox.lives.get((event.facts["endpoint"], event.about))
        if life is None or _was_stopped(story, event):
            continue
        row = life.at(event.at_s) or {}
        where = f"{life.where} at {event.at_s:.2f}"
        if (row.get("state"), row.get("attempt_id")) != ("sending", event.facts["attempt_id"]):
            yield f"{where}: sent by {event.who}, which did not own it"
        elif event.facts["until_s"] > story.history.seconds(row["due"]) + CLOCKS_AGREE_S:
            yield f"{where}: still being sent when another attempt may begin"


def claims_wait_for_their_time(story: Story) -> Iterator[str]:
    """What is claimed was due: nobody else's claim runs; and what has ended stays so."""
    for life in outbox_of(story).lives.values():
        for before, step in life.moves():
            if step.row:
                yield from (
                    f"{life.where} at {step.at_s:.2f}: {why}"
                    for why in _wrong_move(story, before, step, step.row)
                )


def deliveries_are_watched(story: Story) -> Iterator[str]:
    """While anything is due at an endpoint, somebody will look there, whoever dies."""
    alarms = defaultdict[str, set[datetime]](set)
    due: dict[str, set[str]] = defaultdict(set)
    excused_s: dict[str, float] = {}
    for event in story.history.events:
        if event.what.startswith("alarm ") and event.about.startswith(MARK):
            if event.facts["kind"] != "waiting":
                continue
            endpoint, at = event.about.removeprefix(MARK), event.facts["at"]
            if event.what == "alarm set":
                alarms[endpoint].add(at)
                continue
            alarms[endpoint].discard(at)
            if story.history.seconds(at) > event.at_s + CLOCKS_AGREE_S:  # a clock was ahead
                excused_s[endpoint] = event.at_s
            elif due[endpoint] and not alarms[endpoint] and endpoint not in excused_s:
                yield f"the last alarm of {endpoint} was cleared at {event.at_s:.2f}"
        elif event.what.startswith(f"row of {TABLE} ") and event.about.startswith("d-"):
            row = event.facts["row"]
            endpoint = row["PartitionKey"]
            if event.what.endswith("deleted"):
                due[endpoint].discard(event.about)
                continue
            due[endpoint].add(event.about)
            is_late = event.at_s > story.history.seconds(row["created_at"]) + LATE_S
            is_new = not row["attempts"] and not row["replays"]
            rings_by_s = _begins_s(story, endpoint, event) + ALARM_S + CLOCKS_AGREE_S
            is_watched = any(story.history.seconds(at) <= rings_by_s for at in alarms[endpoint])
            if not is_watched and not (is_new and is_late) and endpoint not in excused_s:
                yield f"{endpoint} at {event.at_s:.2f}: something is due, and no alarm"


def _begins_s(story: Story, endpoint: str, event: Event) -> float:
    """When something may be done about what is written to be due: its circuit may be open."""
    due_s = max(story.history.seconds(event.facts["row"]["due"]), event.at_s)
    opened = [
        story.history.seconds(step.row["open_until"])
        for step in outbox_of(story).breakers[endpoint]
        if step.row and step.row.get("open_until") and step.at_s <= event.at_s
    ]
    return max(due_s, max(opened, default=due_s))


def _was_stopped(story: Story, event: Event) -> bool:
    """Whether its process had trouble since the clock said that there is time enough."""
    looked_s = story.history.seconds(event.facts["looked_at"]) - CLOCKS_AGREE_S
    machine = " ".join(event.who.split()[:2]) + " "
    return any(
        looked_s <= trouble.at_s <= event.at_s and trouble.who.startswith(machine)
        for trouble in story.troubles
    )


def _wrong_move(
    story: Story, before: dict[str, Any], step: Step, row: dict[str, Any]
) -> Iterator[str]:
    if row["replays"] > before["replays"]:
        return
    if before["state"] not in ACTIVE:
        yield f"it was {before['state']}, and is {row['state']} again"
    elif row["state"] == "sending" and row["attempt_id"] != before.get("attempt_id"):
        early_s = story.history.seconds(before["due"]) - step.at_s - CLOCKS_AGREE_S
        if early_s > (EARLY_S if before["state"] == "waiting" else 0.0):
            yield f"claimed {early_s:.1f} s too early, as {before['state']}"
        if row["attempts"] != before["attempts"] + 1:
            yield f"attempt {before['attempts']} is followed by {row['attempts']}"
