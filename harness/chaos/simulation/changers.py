"""What clients do to their jobs in some runs: cancel them, have them tried again, delete them."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from errors import PermanentError
from harness.chaos.simulation.clients import NAMES
from harness.chaos.simulation.machines import Machines
from harness.chaos.simulation.wire import Wire
from lifecycle.job_verbs import cancel_job, delete_job, requeue_job
from lifecycle.services import Services

# Of all runs.
SHARE = 0.15
Verb = Callable[[Services, str], object]


@dataclass(slots=True)
class Changers:
    """Everybody who may change jobs."""

    wire: Wire
    machines: Machines
    chance: random.Random

    def plan(self, end_s: float) -> None:
        """Draws who asks for what until then; a job that was cancelled is often tried again."""
        if self.chance.random() >= SHARE:
            return
        for name in NAMES:
            for _ in range(self.chance.choice((0, 1, 2, 3))):
                at_s = self.chance.random() * self.chance.choice((30.0, 90.0, end_s))
                keep = self.chance.random() < 0.7
                self._at(at_s, name, "cancel", partial(cancel_job, keep=keep))
                if self.chance.random() < 0.7:
                    again_s = at_s + self.chance.random() * self.chance.choice((1.0, 60.0))
                    options = self.chance.choice(({}, {"image_output": "avif"}))
                    self._at(again_s, name, "requeue", partial(requeue_job, options=options))
            for _ in range(self.chance.choice((0, 0, 1))):
                self._at(self.chance.random() * end_s, name, "delete", delete_job)

    def _at(self, when_s: float, name: str, word: str, verb: Verb) -> None:
        self.wire.scheduler.at(when_s, partial(self._ask, name, word, verb))

    def _ask(self, name: str, word: str, verb: Verb) -> None:
        def work(services: Services) -> None:
            with suppress(PermanentError):  # such as that there is no such job
                verb(services, name)

        if machine := self.machines.free():
            self.wire.who = "client"
            self.wire.note("asked", name, verb=word)
            self.machines.invoke(machine, f"{word} {name}", work, lambda is_good: None)
