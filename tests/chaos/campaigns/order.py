"""What a campaign is asked for, and how it tells how far it is."""

import sys
import time
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
    _told_s: float = field(default=0.0, repr=False)

    def tell(self, line: str, *, last: bool = False) -> None:
        """Shows the line, unless another was shown a moment ago."""
        now_s = time.monotonic()
        if not last and now_s - self._told_s < NEWS_EVERY_S:
            return
        self._told_s = now_s
        end = "\r" if sys.stderr.isatty() and not last else "\n"
        print(f"{line:<78}", end=end, file=sys.stderr, flush=True)
