"""Plays the protocol against many accidents: `python -m harness.chaos.simulation --help`."""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial

from harness.chaos.fences.catalogue import PROTOCOL, keep_seeds
from harness.chaos.fences.fence import taken_out
from harness.chaos.history.checker import check
from harness.chaos.history.timeline import timeline
from harness.chaos.simulation.campaign import Tally, first_catch, first_catches, run_all
from harness.chaos.simulation.run import simulate

SHOWN_RUNS = 3
NEWS_EVERY_S = 10.0


def main() -> int:
    """The exit status: 0 when every promise was kept (or, with --without, one was not)."""
    given = _parsed()
    if given.replay is not None:
        return _replay(given.replay, given.without)
    if given.without:
        return 0 if _show_catch(given.without, given.seed) else 1
    if given.search:
        return _write_seeds(given.jobs)
    tally = Tally()
    for tally in _with_news(given):
        if len(tally.bad) >= SHOWN_RUNS:
            break
    for seed in sorted(tally.bad)[:SHOWN_RUNS]:
        _replay(seed, None)
    if tally.bad:
        print(f"{len(tally.bad)} of {tally.schedules:,} schedules broke a promise.")
        return 1
    print(f"{tally.schedules:,} schedules kept every promise.")
    return 0


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m harness.chaos.simulation", description=__doc__)
    parser.add_argument("--schedules", type=int, default=1000, help="how many runs (default: 1000)")
    parser.add_argument("--seed", type=int, default=0, help="of the first run; then one more each")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default: 1)")
    parser.add_argument("--replay", type=int, metavar="SEED", help="show one run, event by event")
    parser.add_argument("--without", choices=PROTOCOL, metavar="FENCE", help="taken out")
    parser.add_argument(
        "--search", action="store_true", help="find and keep a seed that notices, for each fence"
    )
    return parser.parse_args()


def _with_news(given: argparse.Namespace) -> Iterator[Tally]:
    told_s = time.monotonic()
    for tally in run_all(given.seed, given.schedules, given.jobs):
        if time.monotonic() - told_s > NEWS_EVERY_S or tally.schedules == given.schedules:
            told_s = time.monotonic()
            print(
                f"{tally.schedules:,} of {given.schedules:,} schedules, "
                f"{tally.schedules / tally.seconds:.0f}/s, {len(tally.bad)} broke a promise",
                file=sys.stderr,
            )
        yield tally


def _replay(seed: int, without: str | None) -> int:
    lack = partial(taken_out, PROTOCOL[without]) if without else nullcontext
    history = simulate(seed, lack, in_words=True)
    print(f"seed {seed}{f', {without}' if without else ''}:")
    print("\n".join(timeline(history)))
    violations = check(history)
    print("\n".join(map(str, violations)) or "Every promise was kept.")
    return 1 if violations else 0


def _show_catch(fence: str, first_seed: int) -> bool:
    caught = first_catch(fence, first_seed)
    if caught is None:
        print(f"{fence}: nobody noticed")
        return False
    number, violation = caught
    print(f"{fence}: noticed in run {number} (--replay {first_seed + number - 1}): {violation}")
    return True


def _write_seeds(processes: int) -> int:
    """One more, where nobody notices one of them."""
    caught = first_catches(0, processes)
    keep_seeds({name: catch[0] - 1 for name, catch in caught.items() if catch})
    missed = [name for name, catch in caught.items() if not catch]
    print("\n".join(f"{name}: nobody noticed" for name in missed) or "Each is noticed.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
