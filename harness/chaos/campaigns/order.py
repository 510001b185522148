"""What a campaign is asked for, and how it tells how far it is."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

NEWS_EVERY_S = 5.0


@dataclass(slots=True)
class Order:
    """One run of a campaign."""

    name: str
    seed: int
    count: int  # how much of it, in the campaign's own unit
    # Goals of time are judged in a full run only: a short one may have a busy machine.
    is_full: bool = False
    minutes: float | None = None  # after which some campaigns begin no other round
    _began_s: float = field(default_factory=time.monotonic, repr=False)
    _told_s: float = field(default=0.0, repr=False)

    @property
    def command(self) -> str:
        """What does the same again."""
        limit = f" --minutes {self.minutes:g}" if self.minutes else ""
        return f"./scripts/chaos {self.name} --seed {self.seed} --count {self.count}{limit}"

    def rounds(self, every: int) -> Iterator[range]:
        """The numbers up to the count, so many at a time; none any more when the time is up."""
        for first in range(0, self.count, every):
            if self.minutes and time.monotonic() - self._began_s > 60 * self.minutes:
                return
            yield range(first, min(first + every, self.count))

    def tell(self, line: str, *, last: bool = False) -> None:
        """Shows the line, unless another was shown a moment ago."""
        now_s = time.monotonic()
        if not last and now_s - self._told_s < NEWS_EVERY_S:
            return
        self._told_s = now_s
        end = "\r" if sys.stderr.isatty() and not last else "\n"
        print(f"{line:<78}", end=end, file=sys.stderr, flush=True)
