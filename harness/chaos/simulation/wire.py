"""The way to storage: the seed decides whether a call arrives, and whether its answer does."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from harness.chaos.history.event import History
from harness.chaos.simulation.scheduler import Killed, Scheduler
from harness.chaos.simulation.weather import Fate, Weather
from harness.storage.answers import failure
from harness.storage.way import ENDLESS, Answer, Chance, Patience

# Later than any file that is really written, so that real folders look old.
EPOCH = datetime(2040, 1, 1, tzinfo=UTC)
# How long the SDK tries before it gives up.
GIVES_UP_AFTER_S = 10.0
SLOW_S = 1.0


# What becomes of a call that the SDK is not to repeat.
NOT_REPEATED = {
    Fate.REPEATED: Fate.UNAVAILABLE,
    Fate.REPEATED_AFTER_LOSS: Fate.ANSWER_LOST,
}


class Wire:
    """Carries calls, and writes down what they did."""

    def __init__(self, scheduler: Scheduler, weather: Weather, history: History) -> None:
        self.scheduler = scheduler
        self.weather = weather
        self.history = history
        self.who = "nobody"  # whose call is applied now
        self.kill: Callable[[str], None] = lambda name: None  # set by the machines
        # Told the name of the process, and when it asked and was answered.
        self.on_answer: Callable[[str, float, float], None] = lambda name, asked_s, answered_s: None
        self._numbers = 0

    @property
    def now(self) -> datetime:
        """Storage's own time."""
        return EPOCH + timedelta(seconds=self.scheduler.now_s)

    @property
    def now_s(self) -> float:
        """The same, since the run began."""
        return self.scheduler.now_s

    @property
    def page_size(self) -> int:
        """Small in some runs."""
        return self.weather.page_size

    @property
    def caller(self) -> str:
        """The thread that runs."""
        return self.scheduler.current.name if self.scheduler.current else "nobody"

    def happens(self, what: Chance) -> bool:
        """As the weather has it."""
        weather = self.weather
        if what is Chance.IN_BLOCKS:
            return weather.rng.random() < 0.5
        is_damage = what is Chance.RESULT_DAMAGED
        return weather.happens(weather.result_damaged if is_damage else weather.download_cut)

    def new_etag(self) -> str:
        """Never the same twice."""
        self._numbers += 1
        return f"0x{self._numbers:X}"

    def note(self, what: str, about: str = "", **facts: object) -> None:
        """Writes down an effect of the present call."""
        self.history.add(self.scheduler.now_s, self.who, what, about, **facts)

    def call(self, name: str, apply: Callable[[], Answer], patience: Patience = ENDLESS) -> Answer:
        """One call of the SDK, with the repeats that the SDK makes by itself."""
        scheduler, weather = self.scheduler, self.weather
        asked_s = scheduler.now_s
        self.travel(name, patience, apply)
        fate = weather.fate(scheduler.now_s)
        if patience.tries == 1:
            fate = NOT_REPEATED.get(fate, fate)
        if fate is Fate.FINE:
            return self._applied(apply, asked_s)
        actor = scheduler.current
        assert actor is not None
        self.who = actor.name
        self.note("trouble", f"{name}: {fate.name.lower().replace('_', ' ')}")
        if fate is Fate.REPEATED:
            scheduler.sleep(weather.rng.uniform(0.5, 4))
        elif fate is Fate.REPEATED_AFTER_LOSS:
            self._try(apply)
            scheduler.sleep(weather.rng.uniform(0.5, 4))
        elif fate is Fate.UNAVAILABLE:
            scheduler.sleep(min(GIVES_UP_AFTER_S, patience.seconds))
            raise failure(ServiceRequestError if weather.rng.random() < 0.5 else HttpResponseError)
        elif fate in (Fate.ANSWER_LOST, Fate.GHOST):
            self._lose(apply, fate, patience)
        elif fate in (Fate.DEAD_BEFORE, Fate.DEAD_AFTER):
            if fate is Fate.DEAD_AFTER:
                self._try(apply)
            self.kill(actor.process.name)
            raise Killed
        else:
            return self._paused(apply, fate)
        return self._applied(apply, scheduler.now_s)

    def travel(
        self,
        name: str,
        patience: Patience = ENDLESS,
        apply: Callable[[], object] = lambda: None,
    ) -> None:
        """The time that a request takes; others act meanwhile.

        Where its sender has no patience for that, the request may arrive all the same.
        """
        is_late = (takes_s := self.weather.latency_s()) > patience.seconds
        takes_s = min(takes_s, patience.seconds)
        if takes_s > SLOW_S and self.scheduler.current is not None:
            self.who = self.scheduler.current.name
            self.note("trouble", f"{name}: slow", lasts_s=takes_s)
        if is_late:
            self._haunt(apply)
        self.scheduler.sleep(takes_s)
        if is_late:
            raise failure(ServiceResponseError)

    def _applied(self, apply: Callable[[], Answer], asked_s: float | None = None) -> Answer:
        actor = self.scheduler.current
        assert actor is not None
        self.who = actor.name
        if asked_s is not None:
            self.on_answer(actor.process.name, asked_s, self.scheduler.now_s)
        return apply()

    def _try(self, apply: Callable[[], object]) -> None:
        try:
            self._applied(apply)
        except AzureError:
            return

    def _lose(self, apply: Callable[[], object], fate: Fate, patience: Patience) -> None:
        if fate is Fate.ANSWER_LOST:
            self._try(apply)
        else:
            self._haunt(apply)
        self.scheduler.sleep(min(self.weather.rng.uniform(1, 30), patience.seconds))
        raise failure(ServiceResponseError)

    def _haunt(self, apply: Callable[[], object]) -> None:
        """The request is still somewhere in the network; its sender may be long dead."""
        actor = self.scheduler.current
        assert actor is not None
        name = f"ghost of {actor.name}"

        def appear() -> None:
            self.who = name
            try:
                apply()
            except AzureError:
                return

        after_s = self.weather.rng.choice((2.0, 20.0, 60.0)) * self.weather.rng.random()
        self.scheduler.at(self.scheduler.now_s + after_s, appear)

    def _paused(self, apply: Callable[[], Answer], fate: Fate) -> Answer:
        actor = self.scheduler.current
        assert actor is not None
        process = actor.process
        pause_s = self.weather.rng.choice((20, 50, 120, 250)) * self.weather.rng.random()
        pause_s = min(pause_s, process.pauses_left_s)
        process.pauses_left_s -= pause_s
        process.paused_until = self.scheduler.now_s + pause_s
        if fate is Fate.PAUSED_BEFORE:
            self.scheduler.sleep(0)
            return self._applied(apply)
        try:
            return self._applied(apply)
        finally:
            self.scheduler.sleep(0)
