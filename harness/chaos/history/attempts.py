"""What attempts do: begin in time, end with a word, for a reason, and repeat nobody's work."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from harness.chaos.history.event import Event
from harness.chaos.history.story import (
    CANCELLED,
    CLOCKS_AGREE_S,
    FOREVER,
    Change,
    Result,
    Story,
    of_same_upload,
)

# A message may come this much before its time: delays count in whole seconds.
EARLY_S = 2.0
# For how long storage may be silent for an attempt, where the trouble does not say so itself.
SILENT_S = {
    "repeated": 4.0,
    "repeated after loss": 4.0,
    "unavailable": 10.0,
    "answer lost": 30.0,
    "ghost": 30.0,
}
GIVEN_UP = ("unavailable", "answer lost", "ghost")
# An attempt that does not hear from storage for that part of its lease may lose the job.
MUCH_OF_A_LEASE = 0.7
HEARTBEATS = 0.25  # are at most this far from each other
STOPPED, TOLD_TO_END = "WORKER_STOPPED", "told to end"
LONGEST_END_S = 400.0  # where its process was stopped meanwhile
# A message leads to an attempt this soon after its time, where nothing is wrong.
PUNCTUAL_S = 40.0


@dataclass(slots=True)
class Attempt:
    """One claim of a row, and what became of it."""

    claim: Change
    end: Change | None = None  # after which the row is no longer its own
    lease_until_s: float = 0.0
    last_s: float = 0.0  # when it wrote the row for the last time
    troubles: list[Event] = field(default_factory=list)  # of its machine, while it had the lease

    @property
    def invocation(self) -> str:
        """Which run of a function, of which machine."""
        return invocation_of(self.claim.who)

    @property
    def machine(self) -> str:
        """On which it ran."""
        return self.invocation.partition(" attempt")[0]

    @property
    def where(self) -> str:
        """For people."""
        row = self.claim.after or {}
        return f"attempt {row['attempts']} at {row['blob_name']}, claimed at {self.claim.at_s:.2f},"

    @property
    def vanished(self) -> bool:
        """Whether its upload went on without it, and without a word of its own."""
        end = self.end
        return (
            end is not None
            and of_same_upload(self.claim.after, end.after)
            and invocation_of(end.who) != self.invocation
        )

    @property
    def worked_until_s(self) -> float:
        """When it died, or else wrote the row for the last time."""
        return min(
            (
                each.at_s
                for each in self.troubles
                if each.about.startswith("killed") and each.at_s >= self.claim.at_s
            ),
            default=self.last_s,
        )

    def had_to_vanish(self) -> bool:
        """Whether its process died or slept, or storage did not answer it for long."""
        if self.claim.who.startswith("ghost of "):
            return True  # nobody knows of this claim
        row, silent_s, waited_s, has_given_up = self.claim.after, 0.0, 0.0, False
        assert row is not None
        lease_s = (row["lease_until"] - row["processing_started_at"]).total_seconds()
        for trouble in self.troubles:
            if trouble.at_s > self.lease_until_s:
                break
            kind = trouble.about.rpartition(": ")[2]
            if kind.startswith(("killed", "paused")):
                return True
            lasts_s = trouble.facts.get("lasts_s", SILENT_S.get(kind, 0.0))
            if invocation_of(trouble.who) != self.invocation:
                if has_given_up and " attempt #" in trouble.who:
                    waited_s += lasts_s
                continue
            silent_s += lasts_s
            has_given_up = has_given_up or kind in GIVEN_UP
            if trouble.who != self.invocation:  # a heartbeat: the next is as far as the last
                silent_s += HEARTBEATS * lease_s
        # Who got no answer waits while another attempt of its worker asks for all of them.
        return bool(silent_s + waited_s > MUCH_OF_A_LEASE * lease_s)


def invocation_of(who: str) -> str:
    """Without the threads that it started, or the word for a late request."""
    machine, mark, rest = who.removeprefix("ghost of ").partition("#")
    return f"{machine}{mark}{rest.partition(' ')[0]}"


def attempts_of(story: Story) -> Iterator[Attempt]:
    """Every attempt, of each row in order."""
    for changes in story.changes_by_key().values():
        attempt: Attempt | None = None
        for change in changes:
            row = change.after
            is_own = row is not None and row["status"] == "processing"
            if attempt is not None and attempt.claim.after is not None:
                same = (
                    row is not None and row.get("attempt_id") == attempt.claim.after["attempt_id"]
                )
                # A late request says nothing of its sender.
                is_by_itself = change.who.removesuffix(" heartbeat") == attempt.invocation
                if is_by_itself and of_same_upload(attempt.claim.after, row):
                    attempt.last_s = change.at_s
                if is_own and same and row is not None:
                    attempt.lease_until_s = story.history.seconds(row["lease_until"])
                    continue
                attempt.end = change
                yield _told(story, attempt)
                attempt = None
            if is_own and row is not None:
                lease_until_s = story.history.seconds(row["lease_until"])
                attempt = Attempt(change, None, lease_until_s, change.at_s)
        if attempt is not None:
            yield _told(story, attempt)


def _told(story: Story, attempt: Attempt) -> Attempt:
    row = attempt.claim.after
    assert row is not None
    began_s = story.history.seconds(row["processing_started_at"]) - CLOCKS_AGREE_S
    ended_s = attempt.end.at_s if attempt.end else FOREVER
    attempt.troubles = [
        each
        for each in story.troubles
        if began_s <= each.at_s <= ended_s and each.who.startswith(f"{attempt.machine} ")
    ]
    return attempt


def attempts_begin_in_time(story: Story) -> Iterator[str]:
    """Not before the moment that the poller was told, and soon after it."""
    told = _told_of(story)
    for attempt in attempts_of(story):
        before, at_s = attempt.claim.before, attempt.claim.at_s
        if before and before["status"] == "queued" and before.get("next_attempt_at"):
            due_s = story.history.seconds(before["next_attempt_at"])
            told_s = told[attempt.claim.key, before["next_attempt_at"]] - CLOCKS_AGREE_S
            if due_s - at_s > EARLY_S + CLOCKS_AGREE_S:
                yield f"{attempt.where} began {due_s - at_s:.0f} s too early"
            if at_s - due_s > PUNCTUAL_S and not any(
                told_s < each.at_s < at_s for each in story.troubles
            ):
                yield f"{attempt.where} began {at_s - due_s:.0f} s too late"


def _told_of(story: Story) -> dict[tuple[str, datetime], float]:
    """When it was said first that a job waits until a time; perhaps it was heard long after."""
    told: dict[tuple[str, datetime], float] = {}
    for change in story.changes:
        if change.after and (at := change.after.get("next_attempt_at")):
            told.setdefault((change.key, at), story.history.seconds(change.after["updated_at"]))
    return told


def attempts_end_with_a_word(story: Story) -> Iterator[str]:
    """Who lives and is heard by storage does not leave a job behind for others to find."""
    for attempt in attempts_of(story):
        row = attempt.end.after if attempt.end else None
        is_cancelled = row is not None and row.get("error_code") == CANCELLED
        if attempt.vanished and not attempt.had_to_vanish() and not is_cancelled:
            yield f"{attempt.where} ended without a word"


def attempts_fail_for_a_reason(story: Story) -> Iterator[str]:
    """What an attempt says of itself has happened."""
    flaws = {invocation_of(each.who) for each in story.history.of("flaw")}
    for attempt in attempts_of(story):
        if not attempt.vanished and attempt.end and attempt.invocation not in flaws:
            yield from _without_reason(story, attempt)


def _without_reason(story: Story, attempt: Attempt) -> Iterator[str]:
    row, end = attempt.claim.after, attempt.end
    assert row is not None
    assert end is not None
    if end.after is None or not of_same_upload(row, end.after):
        return
    code, version = end.after.get("error_code"), story.versions.get(row["upload_etag"])
    is_true_of_file = version and (
        (version.sha256, code) in story.failures or version.gone_s <= end.at_s
    )
    if code == STOPPED:
        yield from _not_handed_back(story, attempt, end)
    elif code and not is_true_of_file and not attempt.troubles:
        yield f"{attempt.where} ended as {code}, though nothing had happened to it"


def _not_handed_back(story: Story, attempt: Attempt, end: Change) -> Iterator[str]:
    """At once, and by nobody but a worker that was told to end."""
    row = end.after
    assert row is not None
    if not any(
        each.about == TOLD_TO_END
        and each.who.startswith(f"{attempt.machine} ")
        and end.at_s - LONGEST_END_S < each.at_s <= end.at_s
        for each in story.troubles
    ):
        yield f"{attempt.where} was handed back by a worker that was not told to end"
    if story.history.seconds(row["next_attempt_at"]) > end.at_s + CLOCKS_AGREE_S:
        yield f"{attempt.where} was handed back, but has to wait"


def results_are_adopted(story: Story) -> Iterator[str]:
    """Who finds a whole result of an earlier attempt makes no other one."""
    stored: dict[str, list[Result]] = {}
    for result in story.results.values():
        stored.setdefault(invocation_of(result.stored_by), []).append(result)
    for attempt in attempts_of(story):
        row = attempt.claim.after
        assert row is not None
        if row["attempts"] < 2 or attempt.troubles:
            continue
        for own in stored.get(attempt.invocation, []):
            found = _found(story, attempt, own)
            if found and found.sha256 != own.sha256:
                yield f"{attempt.where} stored {own.etag}, though there was {found.etag}"


def _found(story: Story, attempt: Attempt, own: Result) -> Result | None:
    """The whole result that lay there from before the attempt until it stored its own."""
    row = attempt.claim.after
    assert row is not None
    version = story.versions.get(row["upload_etag"])
    for result in story.results.values():
        if (
            version
            and result.name == row.get("processed_blob_name")
            and result.marks.get("job") == attempt.claim.key
            and result.marks.get("order") == own.marks.get("order")
            and story.made_from.get(result.sha256) == version.sha256
            and result.stored_s < attempt.claim.at_s
            and result.gone_s >= own.stored_s
        ):
            return result
    return None
