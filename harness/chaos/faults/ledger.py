"""What came through the proxy and what was done to it: counts, of bounded size for hours."""

import time
from collections import Counter
from dataclasses import dataclass, field

from harness.chaos.faults.rule import Call


@dataclass(slots=True)
class Ledger:
    """Written by the proxy alone; read it at any time."""

    calls: Counter[tuple[str, str]] = field(default_factory=Counter)  # by service, operation
    per_second: Counter[tuple[int, str]] = field(default_factory=Counter)  # by epoch, service
    injected: Counter[tuple[str, str]] = field(default_factory=Counter)  # by service, fault
    applied: Counter[str] = field(default_factory=Counter)  # answers withheld, by fault: done calls

    def note(self, call: Call, fault: str | None) -> None:
        """One call, as it arrives."""
        self.calls[call.service, call.operation] += 1
        self.per_second[int(time.time()), call.service] += 1
        if fault:
            self.injected[call.service, fault] += 1

    def note_applied(self, fault: str) -> None:
        """A call that storage did, though its sender was told nothing, or something else."""
        self.applied[fault] += 1

    def total(self) -> int:
        """All calls."""
        return self.calls.total()

    def met(self) -> int:
        """The calls that met a fault."""
        return self.injected.total()

    def faults(self) -> dict[str, int]:
        """How often each fault was met, over all services."""
        found: Counter[str] = Counter()
        for (_, fault), count in dict(self.injected).items():
            found[fault] += count
        return dict(sorted(found.items()))

    def between(self, start_s: float, end_s: float) -> int:
        """How many calls arrived in that span of epoch seconds."""
        seconds = dict(self.per_second).items()
        return sum(count for (second, _), count in seconds if start_s <= second < end_s)
