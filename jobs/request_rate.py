"""How often somebody may ask: the generic cell rate algorithm, a token bucket of one number."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests a minute in the long run, and so many at once."""

    per_minute: int
    burst: int

    @property
    def interval_s(self) -> float:
        """Seconds that one request uses up."""
        return 60 / self.per_minute


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass, and what is left after it."""

    is_allowed: bool
    remaining: int  # requests that may come at once
    wait_s: float  # until one more may come; 0: now
    reset_s: float  # until all of them may come at once
    next_free_s: float  # what to remember of this bucket


def asked(rate: Rate, next_free_s: float | None, now_s: float) -> Verdict:
    """One more request at a bucket that remembers `next_free_s`; None: nothing yet."""
    interval_s, room_s = rate.interval_s, rate.interval_s * rate.burst
    begin_s = max(now_s, next_free_s or now_s)
    after_s = begin_s + interval_s
    is_allowed = after_s - now_s <= room_s + 1e-9
    if not is_allowed:
        after_s = begin_s
    left = int((room_s - (after_s - now_s)) / interval_s + 1e-9)
    wait_s = max(0.0, after_s + interval_s - room_s - now_s)
    return Verdict(is_allowed, left, wait_s, after_s - now_s, after_s)
