"""Measures what the check of a managed key costs, and what those who have none can do."""

import argparse
import random
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from devhost.azurite import Azurite
from errors.requests import TooManyRequestsError, UnauthorizedError
from harness.result import Conditions, Figure, Result, keep, percentile
from jobs.caller import OPERATOR, Scope
from jobs.managed_key import ALPHABET, KEY_LETTERS, new_key
from jobs.request_rate import Rate
from lifecycle.access import Access, Presented
from lifecycle.keys import MadeKey, WantedKey, create_key, revoke_key
from lifecycle.services import Services, connect
from settings import Settings

KEYS = 300
CHECKS = 50_000
GUESSES = 1_000_000
WELL_FORMED = 2_000
PAIRS = 20_000
PLENTY = Rate(1_000_000, 1_000_000)
REVOCATION_LIMIT_S = 60.0
MICROSECOND = 1e6
SECRETS_KEY = secrets.token_hex(32)
CHANCE = random.Random(1)  # noqa: S311 -- a stranger's chance is no better


@dataclass
class Measured:
    """Seconds of single checks, and counts."""

    known_s: list[float]
    first_s: list[float]
    reads_while_known: int
    guessed: int  # keys of a stranger's making that were accepted
    reads_of_guesses: int
    reads_of_well_formed: int
    t_values: dict[str, float]
    revoked_after_s: float


def main() -> None:
    """Measures and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench keys", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="write results/keys.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    with tempfile.TemporaryDirectory() as folder, Azurite.started(Path(folder)) as azurite:
        found = measured(azurite.connection_string)
    keep(summary(found), conditions, to_files=given.keep)


def measured(storage: str) -> Measured:
    """All of it, on one storage account."""
    services, other = connected(storage), connected(storage)
    made = [create_key(services, OPERATOR, wanted()) for _ in range(KEYS)]
    with counted(other) as reads:
        first_s = [timed(other, each.key) for each in made]
        print(f"{KEYS} keys: read", flush=True)
        reads.clear()
        known_s = [timed(other, each.key) for each in CHANCE.choices(made[:50], k=CHECKS)]
        other.keys.background.wait()
        reads_while_known = len(reads)
        print(f"{CHECKS} checks of known keys", flush=True)
        reads.clear()
        guessed = sum(is_taken(other, guess(), "192.0.2.1") for _ in range(GUESSES))
        reads_of_guesses = len(reads)
        print(f"{GUESSES} guesses", flush=True)
        reads.clear()
        guessed += sum(is_taken(other, new_key(), "192.0.2.2") for _ in range(WELL_FORMED))
        reads_of_well_formed = len(reads)
    return Measured(
        known_s,
        first_s,
        reads_while_known,
        guessed,
        reads_of_guesses,
        reads_of_well_formed,
        t_values(other, made[0]),
        revoked_after_s(services, other, made[1]),
    )


def connected(storage: str) -> Services:
    """What one process has."""
    values = {
        "API_KEY": secrets.token_hex(32),
        "SECRETS_KEY": SECRETS_KEY,
        "AzureWebJobsStorage": storage,
        "MANAGED_KEYS": True,
    }
    return connect(Settings.model_validate(values))


def wanted() -> WantedKey:
    """A key that may be used as often as it takes."""
    return WantedKey("bench", "", [Scope.READ], rate=PLENTY)


@contextmanager
def counted(services: Services) -> Iterator[list[str]]:
    """The ids of the keys that are read from storage meanwhile."""
    table, read = services.keys.table, list[str]()
    get = table.get

    def count(key_id: str) -> object:
        read.append(key_id)
        return get(key_id)

    table.get = count  # type: ignore[method-assign, assignment]
    try:
        yield read
    finally:
        table.get = get  # type: ignore[method-assign]


def timed(services: Services, key: str) -> float:
    """Seconds of one check that succeeds."""
    began_s = time.perf_counter()
    Access(services).admit(Presented([key], "192.0.2.9"), Scope.READ)
    return time.perf_counter() - began_s


def is_taken(services: Services, key: str, address: str) -> bool:
    """Whether a key of a stranger's making opens anything."""
    try:
        Access(services).admit(Presented([key], address), Scope.READ)
    except (UnauthorizedError, TooManyRequestsError):
        return False
    return True


def guess() -> str:
    """Letters of the right number, which begin rightly."""
    return "mc_live_" + "".join(CHANCE.choices(ALPHABET, k=KEY_LETTERS - 8))


def t_values(services: Services, known: MadeKey) -> dict[str, float]:
    """Welch's t between wrong secrets and ids that nobody has, by turns; of the check alone."""
    digests, now = services.keys.digests, services.clock()
    row, dummy = known.row, services.keys.digests.of("")

    def check(text: str, kept: tuple[str, str]) -> float:
        began_s = time.perf_counter()
        is_true = digests.is_of(text, kept[0]) | digests.is_of(text, kept[1])
        took_s = time.perf_counter() - began_s
        return took_s + is_true  # a second more, were one of them right

    kinds: dict[str, Callable[[], float]] = {
        "wrong secret": lambda: check(new_key(row.id), row.digests(now)),
        "unknown id": lambda: check(new_key(), (dummy, dummy)),
    }
    found: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(PAIRS):
        for name in CHANCE.sample(list(kinds), len(kinds)):
            found[name].append(kinds[name]())
    one, other = (trimmed(each) for each in found.values())
    spread = statistics.variance(one) / len(one) + statistics.variance(other) / len(other)
    t = (statistics.fmean(one) - statistics.fmean(other)) / spread**0.5
    return {"wrong secret and unknown id": t}


def trimmed(values: list[float]) -> list[float]:
    """Without the slowest hundredth, which the machine decides."""
    return sorted(values)[: len(values) * 99 // 100]


def revoked_after_s(here: Services, elsewhere: Services, made: MadeKey) -> float:
    """How long another process, which is asked all the time, still takes a revoked key."""
    timed(elsewhere, made.key)
    revoke_key(here, OPERATOR, made.row.id, "")
    began_s = time.monotonic()
    while is_taken(elsewhere, made.key, "192.0.2.3"):
        if time.monotonic() - began_s > REVOCATION_LIMIT_S:
            break
        time.sleep(timedelta(milliseconds=50).total_seconds())
    return time.monotonic() - began_s


def summary(found: Measured) -> Result:
    """The figures."""
    return Result(
        name="keys",
        title="The check of a managed key",
        command="./scripts/bench keys",
        figures=[*of_checks(found), *of_strangers(found)],
        tables=[],
        notes=[
            f"{KEYS} keys; a read finds a row by its keys, so that their number does not matter.",
            "Two processes are two sets of services in one.",
        ],
        samples={"first_s": found.first_s},
    )


def of_checks(found: Measured) -> list[Figure]:
    """What those wait who have a key."""
    known_us = percentile(found.known_s, 99) * MICROSECOND
    first_ms = [1e3 * each for each in found.first_s]
    is_soon = found.revoked_after_s <= 30
    return [
        Figure("known key, p50", f"{percentile(found.known_s, 50) * MICROSECOND:.0f} us"),
        Figure("known key, p99", f"{known_us:.0f} us", "< 10 ms", is_met=known_us < 1e4),
        Figure("key that is read first, p50", f"{percentile(first_ms, 50):.1f} ms"),
        Figure("key that is read first, p99", f"{percentile(first_ms, 99):.1f} ms"),
        Figure(f"reads of {CHECKS:,} checks of 50 known keys", f"{found.reads_while_known}"),
        Figure(
            "a revoked key is refused by another process after",
            f"{found.revoked_after_s:.1f} s",
            "<= 30 s",
            is_met=is_soon,
        ),
    ]


def of_strangers(found: Measured) -> list[Figure]:
    """What those can do who have none."""
    (t,) = found.t_values.values()
    reads = found.reads_of_guesses
    return [
        Figure("guesses that were accepted", f"{found.guessed}", "0", is_met=not found.guessed),
        Figure(f"reads of {GUESSES:,} guesses", f"{reads}", "0", is_met=not reads),
        Figure(
            f"reads of {WELL_FORMED:,} well-formed guesses from one address",
            f"{found.reads_of_well_formed}",
        ),
        Figure(
            "Welch's t, wrong secret and unknown id", f"{t:.2f}", "|t| < 4.5", is_met=abs(t) < 4.5
        ),
    ]


if __name__ == "__main__":
    main()
