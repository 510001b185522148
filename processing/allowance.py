"""What one attempt at a file may use."""

from dataclasses import dataclass
from typing import Final

from compression_config import LIGHTER_STEPS, LighterStep

# Headers may claim any duration; a file is not believed to play longer than at 200 kbit/s.
_LEAST_BYTES_PER_SECOND: Final = 25_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """Time, threads and effort of one attempt; another attempt at the same order may get others."""

    time_limit_s: float = 300.0  # for everything together
    longest_time_limit_s: float = 1200.0  # for videos that play longer than time_limit_s
    threads: int = 0  # of a video encoder; 0: a fair share of the cores
    lighter_steps: int = 0  # how many earlier attempts were too much for this machine

    def __post_init__(self) -> None:
        """Refuse with a ValueError a negative number of steps."""
        if self.lighter_steps < 0:
            raise ValueError("lighter_steps must not be negative")

    @property
    def lighter_step(self) -> LighterStep | None:
        """The ceiling that earlier attempts call for; the last one serves all further attempts."""
        steps = min(self.lighter_steps, len(LIGHTER_STEPS))
        return LIGHTER_STEPS[steps - 1] if steps else None

    def budget_s(self, duration_s: float, size_bytes: int) -> float:
        """Seconds for everything together for a video, which may claim any duration.

        A lecture of an hour cannot be encoded in the five minutes that are plenty for a clip, so it
        gets its own length, at most `longest_time_limit_s`.
        """
        believable_s = min(duration_s, size_bytes / _LEAST_BYTES_PER_SECOND)
        return max(self.time_limit_s, min(believable_s, self.longest_time_limit_s))
