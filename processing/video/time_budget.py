"""How long a video may take: what is allowed, or as long as it plays."""

from typing import Final

from processing.allowance import Allowance

# Headers may claim any duration; a file is not believed to play longer than at 200 kbit/s.
_LEAST_BYTES_PER_SECOND: Final = 25_000


def time_budget_s(duration_s: float, size_bytes: int, allowance: Allowance) -> float:
    """Seconds for everything together: `allowance.time_limit_s`, and more for a long video.

    A lecture of an hour cannot be encoded in the five minutes that are plenty for a clip, so it
    gets its own length, at most `allowance.longest_time_limit_s`.
    """
    believable_s = min(duration_s, size_bytes / _LEAST_BYTES_PER_SECOND)
    return max(allowance.time_limit_s, min(believable_s, allowance.longest_time_limit_s))
