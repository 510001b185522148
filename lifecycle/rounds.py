"""One tick of a timer: bounded steps over many items, of which each fails alone."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from jobs.job import FencedError
from lifecycle.services import log

Item = TypeVar("Item")
# What to go through, and what to do with each; the word that comes back is counted.
Step = tuple[Iterable[Any], Callable[[Any], str | None]]


def take(steps: list[Step], limit_s: float) -> Counter[str]:
    """Takes the steps in order; returns how often each action was taken.

    When the time is over, the rest waits for the next tick. A tenth of it is kept for each later
    step: one long list must not keep the others from ever being looked at.
    """
    counts: Counter[str] = Counter()
    end_s, share_s = time.monotonic() + limit_s, limit_s / 10
    for steps_left, (items, act) in zip(range(len(steps))[::-1], steps, strict=True):
        counts += _each(items, act, end_s - steps_left * share_s)
    return counts


def in_words(counts: Counter[str]) -> str:
    """For the log."""
    told = ", ".join(f"{count} {action}" for action, count in sorted(counts.items()))
    return told or "nothing to do"


def _each(
    items: Iterable[Item], act: Callable[[Item], str | None], deadline_s: float
) -> Counter[str]:
    """A listing that breaks ends its own step only."""
    counts: Counter[str] = Counter()
    try:
        for item in items:
            if time.monotonic() > deadline_s:
                counts["steps postponed"] += 1
                break
            counts.update(_attempted(item, act))
    except Exception:  # noqa: BLE001 -- the other steps must still run
        log.exception("CLEANUP: a listing failed")
        counts["listings failed"] += 1
    return counts


def _attempted(item: Item, act: Callable[[Item], str | None]) -> Iterator[str]:
    try:
        if action := act(item):
            yield action
    except FencedError:
        yield "items changed meanwhile"
    except Exception:  # noqa: BLE001 -- one bad item must not stop the tick
        log.exception("CLEANUP: %s could not be handled", item)
        yield "items failed"
