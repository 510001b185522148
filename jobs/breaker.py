"""The circuit breaker of an endpoint: a dead receiver costs one attempt in half an hour."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

# So many failures in a row open the circuit; each window is twice the one before.
FAILURES_UNTIL_OPEN = 5
FIRST_WINDOW = timedelta(seconds=30)
LONGEST_WINDOW = timedelta(minutes=30)
# An endpoint that has only failed for so long is disabled ...
DEAD_AFTER = timedelta(days=5)
# ... unless nobody knows what it was like in between: the longest pause of the schedule is 26 h.
LONGEST_SILENCE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Breaker:
    """What the latest attempts at an endpoint found, all deliveries together.

    Closed: attempts are made. Open: none is, and none is counted. Half open, once the window is
    over: one attempt tells whether it closes, or opens for twice as long.
    """

    failures: int = 0  # since the last success
    failing_since: datetime | None = None
    last_failure_at: datetime | None = None
    windows: int = 0  # how often it has opened since then
    open_until: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether no attempt is made now."""
        return self.open_until is not None and now < self.open_until

    @property
    def is_closed(self) -> bool:
        """Whether attempts are made without asking one first."""
        return self.open_until is None

    def is_dead(self, now: datetime) -> bool:
        """Whether the endpoint has failed for so long that it is disabled."""
        return self.failing_since is not None and now - self.failing_since >= DEAD_AFTER


CLOSED = Breaker()


def after_failure(breaker: Breaker, now: datetime) -> Breaker:
    """The breaker after one more failure."""
    if breaker.last_failure_at and now - breaker.last_failure_at > LONGEST_SILENCE:
        breaker = replace(breaker, failing_since=None)
    counted = replace(
        breaker,
        failures=breaker.failures + 1,
        failing_since=breaker.failing_since or now,
        last_failure_at=now,
    )
    if counted.failures < FAILURES_UNTIL_OPEN or counted.is_open(now):
        return counted
    window = min(FIRST_WINDOW * 2 ** min(counted.windows, 10), LONGEST_WINDOW)
    return replace(counted, windows=counted.windows + 1, open_until=now + window)
