"""What goes wrong in a run, and how often: drawn from the seed, different faults in every run."""

import random
from dataclasses import dataclass, field, replace
from enum import Enum, auto

# Each kind of fault is part of this share of all runs: a run without a fault shows what another
# fault does alone.
SHARE = 0.35


class Fate(Enum):
    """What becomes of one call to storage."""

    FINE = auto()
    REPEATED = auto()  # refused once, the SDK tries again
    UNAVAILABLE = auto()  # refused until the SDK gives up; nothing was applied
    ANSWER_LOST = auto()  # applied, but the SDK gives up without an answer
    REPEATED_AFTER_LOSS = auto()  # applied, the answer lost; the SDK sends it again
    GHOST = auto()  # given up, and applied a while later
    DEAD_BEFORE = auto()  # the caller's process dies
    DEAD_AFTER = auto()  # it dies when the call was applied
    PAUSED_BEFORE = auto()  # the caller's process stops for a while
    PAUSED_AFTER = auto()


HIGHEST_RATE = {
    Fate.REPEATED: 0.2,
    Fate.UNAVAILABLE: 0.2,
    Fate.ANSWER_LOST: 0.15,
    Fate.REPEATED_AFTER_LOSS: 0.3,
    Fate.GHOST: 0.1,
    Fate.DEAD_BEFORE: 0.06,
    Fate.DEAD_AFTER: 0.06,
    Fate.PAUSED_BEFORE: 0.08,
    Fate.PAUSED_AFTER: 0.08,
}

PAUSES = (Fate.PAUSED_BEFORE, Fate.PAUSED_AFTER)


@dataclass(slots=True)
class Weather:
    """The rates of one run."""

    rng: random.Random
    fates: list[tuple[float, Fate]]  # upper bounds of a number in 0..1
    event_lost: float
    event_repeated: float
    message_repeated: float
    result_damaged: float
    download_cut: float
    upload_held: float  # against deletion, for a while
    machine_dies: float  # rather than only the worker on it
    slowness_s: float  # of one call in twenty
    page_size: int  # of listings
    sweep_every_s: float
    skew_s: float  # how far the clocks of machines may be off
    outages: list[tuple[float, float]] = field(default_factory=list)
    is_calm: bool = False

    def fate(self, now_s: float) -> Fate:
        """What becomes of a call that is made now."""
        if self.is_calm:
            return Fate.FINE
        if any(start <= now_s < end for start, end in self.outages):
            return Fate.UNAVAILABLE
        drawn = self.rng.random()
        for bound, fate in self.fates:
            if drawn < bound:
                return fate
        return Fate.FINE

    def happens(self, rate: float) -> bool:
        """Whether something of that rate happens this time."""
        return not self.is_calm and rate > 0 and self.rng.random() < rate

    def latency_s(self) -> float:
        """Until a request has reached storage."""
        drawn = self.rng.random()
        if drawn < 0.05 and not self.is_calm:
            return self.slowness_s * self.rng.random()
        return 0.005 + drawn * 0.05


def forecast(rng: random.Random, faults_end_s: float) -> Weather:
    """The weather of a seed."""

    def sometimes(highest: float) -> float:
        return rng.random() ** 2 * highest if rng.random() < SHARE else 0.0

    fates, bound = [], 0.0
    for fate, highest in HIGHEST_RATE.items():
        if rate := sometimes(highest):
            bound += rate
            fates.append((bound, fate))
    # A slow answer says little about the time, so wrong clocks go with quick ones.
    skew_s = 300.0 if rng.random() < 0.25 else 0.0
    if skew_s:
        fates = [(bound, fate) for bound, fate in fates if fate not in PAUSES]
    outages = []
    if rng.random() < 0.1:
        start_s = rng.uniform(0, faults_end_s)
        outages.append((start_s, min(faults_end_s, start_s + rng.uniform(10, 600))))
    return Weather(
        rng=rng,
        fates=fates,
        event_lost=sometimes(1.0),
        event_repeated=sometimes(1.0),
        message_repeated=sometimes(0.8),
        result_damaged=sometimes(0.3),
        download_cut=sometimes(0.2),
        upload_held=sometimes(0.5),
        machine_dies=rng.random(),
        slowness_s=0.2 if skew_s else rng.choice((0.2, 3, 30, 90)),
        page_size=rng.choice((1, 2, 5000)),
        sweep_every_s=rng.choice((60, 120, 300)),
        skew_s=skew_s,
        outages=outages,
    )


def hastened(weather: Weather) -> Weather:
    """The same without what takes longer than some runs remember expired jobs."""
    too_long = (*PAUSES, Fate.GHOST)
    fates = [(bound, Fate(fate)) for bound, fate in weather.fates if fate not in too_long]
    return replace(weather, fates=fates, slowness_s=min(weather.slowness_s, 3.0))
