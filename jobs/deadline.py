"""How long an attempt may take: the host ends a worker whose function takes functionTimeout."""

from collections.abc import Iterator
from itertools import repeat

# As host.json has it.
FUNCTION_TIMEOUT_S = 30 * 60.0
# For download, compression (which has a limit of its own, 20 minutes at most), storing and reading
# back. Asked after each piece of a transfer, and at each progress of an encoder: what is left must
# be enough for one piece on a bad line, all its tries included.
WORK_LIMIT_S = FUNCTION_TIMEOUT_S - 5 * 60.0
# What an attempt has to say is said by then, or its process has to leave it to the lease. The rest
# is for a call to storage that hangs at that moment, and for the host to hear of the end.
LAST_WORD_LIMIT_S = FUNCTION_TIMEOUT_S - 2 * 60.0
# Soon enough for who watches a short job, and too late to cost a photo's job a write.
FIRST_HEARTBEAT_S = 1.0
# A busy machine may take this long to answer.
SHORTEST_HEARTBEAT_LIMIT_S = 2.0


def heartbeat_pauses_s(heartbeat_s: float) -> Iterator[float]:
    """How long each heartbeat comes after the last, without end: 1, 2, 4 seconds, then as set."""
    pause_s = FIRST_HEARTBEAT_S
    while pause_s < heartbeat_s:
        yield pause_s
        pause_s *= 2
    yield from repeat(heartbeat_s)


def heartbeat_limit_s(lease_s: float, heartbeat_s: float) -> float:
    """How long a heartbeat may hang: after two that hung, a third comes before the lease ends."""
    return max(SHORTEST_HEARTBEAT_LIMIT_S, (lease_s - heartbeat_s) / 3)


def is_overdue(age_s: float) -> bool:
    """Whether an attempt that began so long ago must give up its work."""
    return age_s > WORK_LIMIT_S
