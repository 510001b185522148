"""Many runs: how they are spread over processes, and what they add up to."""

import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from harness.chaos.fences.catalogue import PROTOCOL, known_seeds
from harness.chaos.fences.fence import Fence, taken_out
from harness.chaos.history.checker import Violation, check, judged
from harness.chaos.history.recovery import PRODUCTION_LEASE_S, recoveries
from harness.chaos.history.story import Story
from harness.chaos.simulation.run import simulate

PORTION = 50
# No fence has needed more; one that does is a fence that nothing depends on.
MOST_SEEDS = 3000
# Not told: once in every run, or only for people.
UNTOLD = ("calm", "rest", "log", "row written")


@dataclass(slots=True)
class Tally:
    """What some runs were made of."""

    schedules: int = 0
    seconds: float = 0.0  # of this machine
    virtual_s: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    bad: dict[int, list[Violation]] = field(default_factory=dict)  # by seed
    # How long jobs waited after a death, in runs with the lease of production.
    recoveries_s: list[float] = field(default_factory=list)

    def add(self, seed: int, story: Story) -> None:
        """One more run."""
        history = story.history
        self.schedules += 1
        self.virtual_s += next((event.at_s for event in history.of("calm")), 0.0)
        if violations := judged(story):
            self.bad[seed] = violations
        self.recoveries_s += [
            each.waited_s for each in recoveries(story) if each.lease_s >= PRODUCTION_LEASE_S
        ]
        answered = set()
        for event in history.events:
            if event.what == "trouble":
                self.counts[f"trouble: {event.about.rpartition(': ')[2]}"] += 1
            elif event.what == "row written" and event.facts["row"]["status"] == "completed":
                answered.add(event.facts["row"]["upload_etag"])
            elif event.what not in UNTOLD:
                self.counts[event.what] += 1
        self.counts["completed"] += len(answered)

    def absorb(self, other: "Tally") -> None:
        """All of another's runs."""
        self.schedules += other.schedules
        self.seconds += other.seconds
        self.virtual_s += other.virtual_s
        self.counts += other.counts
        self.bad |= other.bad
        self.recoveries_s += other.recoveries_s


def run_all(first_seed: int, schedules: int, processes: int) -> Iterator[Tally]:
    """The tally so far, after every portion of runs."""
    end = first_seed + schedules
    portions = [(at, min(at + PORTION, end)) for at in range(first_seed, end, PORTION)]
    total, began_s = Tally(), time.monotonic()
    for part in _played(portions, processes):
        total.absorb(part)
        total.seconds = time.monotonic() - began_s
        yield total


def first_catch(name: str, first_seed: int = 0) -> tuple[int, Violation] | None:
    """How many runs without a fence it takes until the checker notices, and what it says."""
    for number in range(MOST_SEEDS):
        if violations := violations_without(PROTOCOL[name], first_seed + number):
            return number + 1, violations[0]
    return None


def violations_without(fence: Fence, seed: int) -> list[Violation]:
    """What the checker says of one run without that fence."""
    return check(simulate(seed, partial(taken_out, fence)))


def is_noticed(name: str) -> bool:
    """Whether the checker notices that it is gone, in the run that is known for it or another."""
    seed = known_seeds().get(name)
    if seed is not None and violations_without(PROTOCOL[name], seed):
        return True
    return first_catch(name) is not None


def first_catches(first_seed: int, processes: int) -> dict[str, tuple[int, Violation] | None]:
    """How many runs it takes for each fence."""
    each = partial(first_catch, first_seed=first_seed)
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        return dict(zip(PROTOCOL, pool.imap(each, PROTOCOL), strict=True))


def _played(portions: list[tuple[int, int]], processes: int) -> Iterator[Tally]:
    if processes == 1:
        yield from map(_play, portions)
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap_unordered(_play, portions)


def _play(portion: tuple[int, int]) -> Tally:
    tally = Tally()
    for seed in range(*portion):
        tally.add(seed, Story(simulate(seed)))
    return tally


def usable_cores() -> int:
    """Of this machine, for this process."""
    return len(os.sched_getaffinity(0))
