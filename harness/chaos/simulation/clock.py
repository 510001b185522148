"""The clock of a simulated machine, which may be wrong, and what storage's answers make of it."""

import random
from datetime import datetime, timedelta

from harness.chaos.simulation.wire import EPOCH, Wire
from integrations.storage_time import StorageTime


class Clock:
    """A machine's own time, which may be wrong; now and then it takes a while until it is used."""

    def __init__(self, wire: Wire, ahead_s: float) -> None:
        self._wire, self._ahead_s = wire, ahead_s
        self._rng = random.Random(wire.weather.rng.random())
        self.storage_time = StorageTime(self)  # of the present worker

    def __call__(self) -> datetime:
        now = self._at(self._wire.scheduler.now_s)
        if self._wire.scheduler.current is not None and self._rng.random() < 0.03:
            self._wire.travel("clock")
        return now

    def answered(self, asked_s: float, answered_s: float) -> None:
        """An answer of storage came, with its date."""
        date = self._wire.now.replace(microsecond=0)
        self.storage_time.learn(date, self._at(asked_s), self._at(answered_s))

    def _at(self, moment_s: float) -> datetime:
        return EPOCH + timedelta(seconds=moment_s + self._ahead_s)
