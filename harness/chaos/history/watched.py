"""Alarms: at every moment somebody will look at each job, whatever becomes of who works on it."""

from collections import defaultdict
from collections.abc import Iterator

from harness.chaos.history.event import Event
from harness.chaos.history.story import CLOCKS_AGREE_S, FOREVER, Story

# Of a lease that has ended: its last heartbeat may still be written.
GRACE_S = 1.0
# After a message should have led to an attempt, somebody looks.
PATIENCE_S = 60.0
# A row that is written this long after it was made may find that its alarm has rung already.
LATE_S = 40.0
# The same of a claim, while leases may be as short as ten seconds.
SLOW_S = 5.0


class Watch:
    """The alarms and the rows as they are at one moment of a history."""

    def __init__(self, story: Story) -> None:
        self._seconds = story.history.seconds
        self._history_retention_s = story.history.history_retention_s
        self._alarms: dict[str, set[tuple[str, float]]] = defaultdict(set)  # by job
        self._rows: dict[str, dict[str, object]] = {}
        self._began_s: dict[str, float] = {}  # when the row came into being
        self._cleared_early_s: dict[str, float] = {}
        self._keys: dict[str, str] = {}  # of jobs, by the ETag of their uploads

    def after(self, event: Event) -> Iterator[str]:
        """What is wrong once this has happened."""
        key, facts, at_s = event.about, event.facts, event.at_s
        if event.what == "alarm set":
            self._alarms[key].add((facts["kind"], self._seconds(facts["at"])))
        elif event.what == "alarm cleared":
            rang_s = self._seconds(facts["at"])
            self._alarms[key].discard((facts["kind"], rang_s))
            if rang_s > at_s + CLOCKS_AGREE_S:  # by a clock that was ahead
                self._cleared_early_s[key] = at_s
            # Who cleared it may have looked before the row was there.
            is_known = self._began_s.get(key, FOREVER) < min(rang_s, at_s - PATIENCE_S)
            if key in self._rows and is_known and not self._alarms[key]:
                yield f"the last alarm of {key} was cleared at {at_s:.2f}"
        elif event.what == "row written":
            yield from self._unwatched(event)
            self._keys[facts["row"]["upload_etag"]] = key
            self._rows[key] = facts["row"]
            self._began_s.setdefault(key, at_s)
        elif event.what == "row of jobhistory written":
            yield from self._unremembered(event)
        elif event.what == "row deleted":
            self._rows.pop(key, None)
            self._began_s.pop(key, None)
        elif event.what == "message sent" and event.who != "host":
            key = self._keys.get(facts["upload_etag"], "")
            is_early = at_s - self._cleared_early_s.get(key, -FOREVER) < PATIENCE_S
            if key in self._rows and not self._alarms[key] and not is_early:
                yield f"a message for {key} was sent at {at_s:.2f}, without an alarm"

    def _unwatched(self, event: Event) -> Iterator[str]:
        """A row that is new, or claimed, is looked at in time if nothing more is ever done."""
        row, before = event.facts["row"], self._rows.get(event.about)
        where = f"{event.about} at {event.at_s:.2f}"
        if row["status"] == "processing":
            is_claim = before is None or before.get("attempt_id") != row["attempt_id"]
            ends_s = self._seconds(row["lease_until"]) + GRACE_S + CLOCKS_AGREE_S
            waited_s = event.at_s - self._seconds(row["processing_started_at"])
            if is_claim and waited_s < SLOW_S and not self._rings(event.about, ends_s):
                yield f"{where}: claimed, and no alarm at the end of the lease"
        elif row["status"] == "queued" and not row["attempts"]:
            is_late = event.at_s > self._seconds(row["updated_at"]) + LATE_S
            latest_s = self._seconds(row["enqueued_at"]) + PATIENCE_S
            is_again = before is not None and before["status"] == "failed"
            is_new = before is None or is_again or before["upload_etag"] != row["upload_etag"]
            if is_new and not is_late and not self._rings(event.about, latest_s):
                yield f"{where}: queued, and no alarm in case its message is lost"

    def _unremembered(self, event: Event) -> Iterator[str]:
        """What is kept of an expired job is looked at in its end."""
        ends_s = self._seconds(event.facts["row"]["updated_at"]) + self._history_retention_s
        rings = self._alarms[event.about]
        if not any(abs(at_s - ends_s) < CLOCKS_AGREE_S for _, at_s in rings):
            yield f"{event.about} became history at {event.at_s:.2f}, and no alarm at its end"

    def _rings(self, key: str, latest_s: float) -> bool:
        return any(at_s <= latest_s for _, at_s in self._alarms[key])


def every_job_is_watched(story: Story) -> Iterator[str]:
    """From before its row is written, and as long as there is one."""
    watch = Watch(story)
    for event in story.history.events:
        yield from watch.after(event)
