"""One tick of a timer: bounded steps over many items, of which each fails alone."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any, TypeVar

from errors import StorageDeniedError, UnreadableRowError
from jobs.job import FencedError
from worker.log import log

Item = TypeVar("Item")


class Done(StrEnum):
    """What a tick did to one item, or to itself; counted, and logged in these words."""

    JOB_WOKEN = "jobs woken"
    UPLOAD_RESCUED = "uploads rescued"
    UPLOAD_DELETED = "uploads of completed jobs deleted"
    JOB_PUBLISHED = "ends of jobs published"
    DISPATCHER_WOKEN = "dispatchers woken"
    DELIVERIES_FORGOTTEN = "endpoints whose old deliveries were removed"
    RESULT_HELD = "results kept for deliveries"
    RESULT_EXPIRED = "results expired"
    FAILURE_FORGOTTEN = "failures forgotten"
    HISTORY_FORGOTTEN = "histories forgotten"
    OWNERLESS_RESULT_DELETED = "ownerless results deleted"
    FOLDER_REMOVED = "abandoned folders removed"
    ITEM_CHANGED = "items changed meanwhile"
    ITEM_FAILED = "items failed"
    LISTING_FAILED = "listings failed"
    STEP_POSTPONED = "steps postponed"
    NO_STORAGE = "ticks without storage"


# Rows that cannot be read, told of once by each process: every tick meets them again.
_TOLD: set[str] = set()
# What to go through, and what to do with each; what comes back is counted.
Step = tuple[Iterable[Any], Callable[[Any], Done | None]]


def run_steps(steps: list[Step], limit_s: float) -> Counter[Done]:
    """Takes the steps in order; returns how often each thing was done.

    When the time is over, the rest waits for the next tick. A tenth of it is kept for each later
    step: one long list must not keep the others from ever being looked at.
    """
    counts: Counter[Done] = Counter()
    end_s, share_s = time.monotonic() + limit_s, limit_s / 10
    for steps_left, (items, act) in zip(range(len(steps))[::-1], steps, strict=True):
        counts += _each(items, act, end_s - steps_left * share_s)
    return counts


def in_words(counts: Counter[Done]) -> str:
    """For the log."""
    shown = ", ".join(f"{count} {done}" for done, count in sorted(counts.items()))
    return shown or "nothing to do"


def _each(
    items: Iterable[Item], act: Callable[[Item], Done | None], deadline_s: float
) -> Counter[Done]:
    """A listing that breaks ends its own step only."""
    counts: Counter[Done] = Counter()
    try:
        for item in items:
            if time.monotonic() > deadline_s:
                counts[Done.STEP_POSTPONED] += 1
                break
            counts.update(_attempted(item, act))
    except Exception:  # noqa: BLE001 -- the other steps must still run
        log.exception("CLEANUP: a listing failed")
        counts[Done.LISTING_FAILED] += 1
    return counts


def _attempted(item: Item, act: Callable[[Item], Done | None]) -> Iterator[Done]:
    try:
        if done := act(item):
            yield done
    except FencedError:
        yield Done.ITEM_CHANGED
    except UnreadableRowError as error:
        if error.key not in _TOLD:
            log.error("CLEANUP: row %s is left alone. %s", error.key, error)
            _TOLD.add(error.key)
        yield Done.ITEM_FAILED
    except StorageDeniedError as error:
        if error.code not in _TOLD:
            log.error("CLEANUP: %s", error)
            _TOLD.add(error.code)
        yield Done.ITEM_FAILED
    except Exception:  # noqa: BLE001 -- one bad item must not stop the tick
        log.exception("CLEANUP: %s could not be handled", item)
        yield Done.ITEM_FAILED
