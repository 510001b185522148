"""Every fence, and a seed with which the checker of histories notices that it is gone."""

import json
from pathlib import Path

from harness.chaos.fences import (
    alarms,
    attempts,
    children,
    deliveries,
    intake,
    storage,
    worker,
)
from harness.chaos.fences.fence import Fence
from harness.chaos.fences.registry import FENCES

ROOMS = (storage, intake, attempts, alarms, deliveries, worker, children)
SEEDS = Path(__file__).with_name("seeds.json")

# Without one of these, runs of the simulation break a promise.
PROTOCOL = {name: fence for name, fence in FENCES.items() if fence.test is None}
# Those that accidents hardly ever reach.
TESTED = {name: fence for name, fence in FENCES.items() if fence.test}


def known_seeds() -> dict[str, int]:
    """By the name of the fence; a change of the code may make any of them untrue."""
    found: dict[str, int] = json.loads(SEEDS.read_text(encoding="utf-8"))
    return found


def keep_seeds(seeds: dict[str, int]) -> None:
    """For the next time."""
    SEEDS.write_text(json.dumps(seeds, indent=2, sort_keys=True) + "\n", encoding="utf-8")


__all__ = ["FENCES", "PROTOCOL", "ROOMS", "TESTED", "Fence", "keep_seeds", "known_seeds"]
