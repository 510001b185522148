"""Who is told of the ends of jobs: webhooks that take events, refuse them, hang, or are the end."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from errors.deliveries import (
    DeliveryError,
    DeliveryGoneError,
    DeliveryStatusError,
    DeliveryTimeoutError,
    DeliveryUnreachableError,
)
from harness.chaos.simulation.scheduler import Killed
from harness.chaos.simulation.wire import Wire
from integrations.destinations.destination import DeliveryAnswer, DeliveryAttempt
from integrations.outbound_http import ANSWER_LIMIT_S

# Of all runs: the others have nobody who wants to know.
SHARE = 0.3
ADDRESSES = tuple(f"https://8.8.4.{number}/events" for number in range(1, 5))


class Mood(Enum):
    """What becomes of one request."""

    ACCEPTS = auto()
    FAILS = auto()  # HTTP status 500
    IS_BUSY = auto()  # 503, with a Retry-After
    HANGS = auto()
    IS_AWAY = auto()  # nobody listens
    IS_GONE = auto()  # 410
    KILLS_BEFORE = auto()  # the sender dies before it has sent anything
    KILLS_AFTER = auto()  # ... and when the receiver has the event


BAD = (Mood.FAILS, Mood.IS_BUSY, Mood.HANGS, Mood.IS_AWAY)
DEATHS = (Mood.KILLS_BEFORE, Mood.KILLS_AFTER)


@dataclass(frozen=True, slots=True)
class Receiver:
    """One address: how often it does what, and whether it is ever well again."""

    moods: dict[Mood, float]  # how likely each is, while there are faults
    afterwards: Mood = Mood.ACCEPTS
    answers_within_s: float = 1.0

    def mood(self, chance: random.Random, *, is_calm: bool) -> Mood:
        """What it does about the next request."""
        if is_calm:
            return self.afterwards
        drawn = chance.random()
        for mood, share in self.moods.items():
            drawn -= share
            if drawn < 0:
                return mood
        return Mood.ACCEPTS


@dataclass(slots=True)
class Receivers:
    """Everybody who may be told; stands in for the destination of webhooks."""

    wire: Wire
    chance: random.Random
    known: dict[str, Receiver] = field(default_factory=dict)  # by address
    hold_hours: int = 1
    log_days: int = 1

    def draw(self) -> None:
        """What this run's receivers are like, and for how long events are kept for them."""
        for address in ADDRESSES:
            self.known[address] = Receiver(
                dict(self._moods()), self._in_the_end(), self.chance.choice((0.2, 1.0, 8.0))
            )
        self.hold_hours = self.chance.choice((1, 1, 1, 4))
        self.log_days = self.chance.choice((1, 3, 30))

    def send(self, attempt: DeliveryAttempt) -> DeliveryAnswer:
        """See Destination."""
        receiver, wire = self.known[attempt.endpoint.url], self.wire
        mood = receiver.mood(self.chance, is_calm=wire.weather.is_calm)
        if mood is Mood.KILLS_BEFORE:
            self._kill_sender()
        takes_s = receiver.answers_within_s * self.chance.random()
        if mood is Mood.HANGS:
            takes_s = ANSWER_LIMIT_S
        if mood is not Mood.IS_AWAY:
            self._note(attempt, mood, takes_s)
        wire.scheduler.sleep(takes_s)
        if mood is Mood.KILLS_AFTER:
            self._kill_sender()
        if error := _error(mood):
            raise error
        return DeliveryAnswer(204)

    def _moods(self) -> Iterator[tuple[Mood, float]]:
        """A receiver is well, ails now and then, or is down until the faults are over."""
        kind = self.chance.choice(("well", "well", "ails", "ails", "down"))
        if kind != "well":
            yield self.chance.choice(BAD), 1.0 if kind == "down" else self.chance.random()
        if self.chance.random() < 0.3:
            yield self.chance.choice(DEATHS), 0.5 * self.chance.random()
        if self.chance.random() < 0.1:
            yield Mood.IS_GONE, 0.3

    def _in_the_end(self) -> Mood:
        is_dead = self.chance.random() < 0.1
        return self.chance.choice((*BAD, Mood.IS_GONE)) if is_dead else Mood.ACCEPTS

    def _note(self, attempt: DeliveryAttempt, mood: Mood, takes_s: float) -> None:
        wire, told = self.wire, json.loads(attempt.document)
        wire.who = wire.caller
        wire.note(
            "event sent",
            attempt.delivery.id,
            endpoint=attempt.delivery.endpoint_id,
            attempt_id=attempt.delivery.attempt_id,
            type=told["type"],
            blob_name=told["data"].get("blob_name"),
            status=told["data"].get("status"),
            looked_at=attempt.now,
            until_s=wire.now_s + takes_s,
            is_accepted=mood in (Mood.ACCEPTS, Mood.KILLS_AFTER),
        )

    def _kill_sender(self) -> None:
        actor = self.wire.scheduler.current
        assert actor is not None
        self.wire.kill(actor.process.name)
        raise Killed


def _error(mood: Mood) -> DeliveryError | None:
    if mood is Mood.FAILS:
        return DeliveryStatusError(status=500)
    if mood is Mood.IS_BUSY:
        return DeliveryStatusError(status=503, pause_s=60.0)
    if mood is Mood.HANGS:
        return DeliveryTimeoutError()
    if mood is Mood.IS_AWAY:
        return DeliveryUnreachableError()
    return DeliveryGoneError(status=410) if mood is Mood.IS_GONE else None
