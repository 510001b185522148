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
    end_s: float = float("inf")  # on the monotonic clock; some campaigns do less in a short time
    _told_s: float = field(default=0.0, repr=False)

    def rounds(self, every: int) -> Iterator[range]:
        """The numbers up to the count, so many at a time; none any more when the time is up."""
        for first in range(0, self.count, every):
            if time.monotonic() > self.end_s:
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
