"""Counts what a tick of either timer costs with few and with many rows stored, and as much due."""

import argparse
import contextlib
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from azure.storage.blob import BlobServiceClient
from pydantic import SecretStr

from benchmarks.support import stored_jobs
from benchmarks.support.stored_rows import multiply
from devhost.azurite import Azurite
from harness.proxy.counting import Counted, counting, tally
from harness.result import Conditions, Figure, Result, Table, keep
from integrations.alarm_table import ALARMS_TABLE
from integrations.tracking import TABLE
from jobs.marks import Marks
from lifecycle.rescue import rescue
from lifecycle.services import Services, connect
from lifecycle.sweep import sweep
from lifecycle.tick import Done
from settings import Settings

STORED = (100, 10_000, 100_000)
DUE = 5  # of each kind, for each tick
KEPT_FAILED = 1000  # uploads, at the end
WAITING = (100, 2000)  # uploads, in an account of their own
MORE_DUE = 50  # with the most rows, to see what each costs
ROUNDS = 3
RETENTION = timedelta(minutes=43_200)
# Our clock runs ahead by this: uploads are old enough to be missed without waiting.
AHEAD = timedelta(seconds=60)
LONG_AGO = timedelta(minutes=5)
TICKS: dict[str, Callable[[Services], Counter[Done]]] = {"rescue": rescue, "sweep": sweep}
NOTES = (
    (
        "Due for each tick, as many of each: attempts whose lease lapsed, uploads that no trigger "
        "noticed, results at the end of their time. The first two are the rescue's, or the sweep's."
    ),
    "What is stored beside them are rows of completed jobs with an alarm each, not due.",
    "Jobs that wait have waited for seven minutes; their next alarms ring in five.",
    "Azurite looks through a whole table for any query: its times grow with it.",
    "The sweep also lists both containers: one transaction for each 5,000 blobs that they hold.",
)


@dataclass(frozen=True, slots=True)
class Tick:
    """What one tick cost."""

    transactions: list[tuple[str, str, str, int]]  # service, operation, place, how often
    seconds: float
    did: dict[str, int]

    @property
    def total(self) -> int:
        """How many transactions."""
        return sum(count for *_, count in self.transactions)

    @property
    def items(self) -> int:
        """How many were acted upon."""
        return sum(self.did.values())


Ticks = dict[str, list[Tick]]  # by timer
Costs = dict[int, Ticks]  # by rows stored


@dataclass(frozen=True, slots=True)
class Kept:
    """What a process's first and second ticks cost beside uploads that stay."""

    waiting: Costs  # by uploads that wait
    failed: list[Tick] = field(default_factory=list)  # the sweep's


def main() -> None:
    """Counts and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench sweep", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=STORED, help=f"{STORED}")
    parser.add_argument("--keep", action="store_true", help="write results/sweep.json")
    given = parser.parse_args()
    conditions, costs, more, kept = Conditions.now(), {}, {}, Kept(waiting=beside_waiting())
    with tempfile.TemporaryDirectory(prefix="mediaprocessor-bench-") as scratch:
        folder, stored = Path(scratch), 1
        first_row(folder)
        for rows in given.rows:
            multiply(folder / "azurite", (TABLE, ALARMS_TABLE), range(stored, rows))
            stored = rows
            with accounts(folder) as (counted, watched, own):
                if not own.jobs.get(stored_jobs.completed(rows - 1, datetime.now(UTC)).blob_name):
                    raise RuntimeError(f"there are fewer than {rows} rows")
                costs[rows] = measured(watched, counted, own, DUE)
                if rows == given.rows[-1]:
                    more = measured(watched, counted, own, MORE_DUE)
                    stored_jobs.keep_failed(own, range(KEPT_FAILED))
                    process = connected(counted.storage, folder)
                    kept.failed.extend(one(process, counted, sweep) for _ in range(2))
    command = f"./scripts/bench sweep --rows {' '.join(map(str, given.rows))}"
    found = summary(costs, more, kept, command)
    keep(found, conditions, to_files=given.keep)


def beside_waiting() -> dict[int, Ticks]:
    """What each timer's ticks cost beside so many jobs that wait, none of them due."""
    found, stored = {}, 0
    with tempfile.TemporaryDirectory(prefix="mediaprocessor-bench-") as scratch:
        folder = Path(scratch)
        first_row(folder)
        with accounts(folder) as (counted, watched, own):
            for waiting in WAITING:
                stored_jobs.keep_waiting(own, range(stored, waiting))
                stored = waiting
                found[waiting] = {
                    name: [one(watched, counted, tick) for _ in range(2)]
                    for name, tick in TICKS.items()
                }
    return found


@contextlib.contextmanager
def accounts(folder: Path) -> Iterator[tuple[Counted, Services, Services]]:
    """The same account two ways: counted, and past the counter."""
    with Azurite.started(folder / "azurite") as azurite, counting(azurite.ports) as counted:
        yield (
            counted,
            connected(counted.storage, folder),
            connected(azurite.connection_string, folder),
        )


def first_row(folder: Path) -> None:
    """Everything that is created on first use, and the model of the rows to be stored."""
    with accounts(folder) as (_, _, own):
        own.uploads.create()
        own.results.create()
        own.queue.create()
        for table in (own.jobs, own.history, own.alarms):
            table.create()
        stored_jobs.add(own, stored_jobs.completed(0, datetime.now(UTC)))


def connected(storage: str, folder: Path) -> Services:
    """The app's own clients, its clock ahead."""
    settings = Settings(  # type: ignore[call-arg]
        API_KEY=SecretStr("0123456789abcdef-measured"),
        AzureWebJobsStorage=SecretStr(storage),
        WORK_DIR=folder / "work",
        PROCESSED_RETENTION_MINUTES=RETENTION // timedelta(minutes=1),
    )
    return replace(connect(settings), clock=lambda: datetime.now(UTC) + AHEAD)


def measured(watched: Services, counted: Counted, own: Services, due: int) -> Ticks:
    """Some rounds of both ticks, each with as much due; only `watched` is counted."""
    found: Ticks = {name: [] for name in TICKS}
    for round_number in range(ROUNDS):
        make_due(own, range(due * round_number, due * (round_number + 1)))
        for name, tick in TICKS.items():
            found[name].append(one(watched, counted, tick))
        stored_jobs.clear_away(own)
    return found


def one(services: Services, counted: Counted, tick: Callable[[Services], Counter[Done]]) -> Tick:
    """One tick, counted; connections that storage closed meanwhile are opened before."""
    for part in (services.jobs, services.queue, services.uploads, services.results):
        part.is_reachable()
    counted.taken()
    began_s = time.perf_counter()
    did = tick(services)
    seconds = time.perf_counter() - began_s
    kinds = sorted(tally(counted.taken()).items())
    return Tick(
        [(*key, count) for key, count in kinds],
        seconds,
        {str(done): times for done, times in did.items()},
    )


def make_due(own: Services, numbers: range) -> None:
    """For each number: a lapsed lease, a result at the end of its time, an upload without a row."""
    now, storage = datetime.now(UTC), own.settings.connection_string or ""
    with BlobServiceClient.from_connection_string(storage) as blobs:
        for number in numbers:
            stored_jobs.add(own, stored_jobs.lapsed(f"lapsed-{number}.jpg", now - LONG_AGO))
            ended_at = now - RETENTION - AHEAD
            old = stored_jobs.completed(-1 - number, ended_at)
            blob = blobs.get_blob_client("processed", stored_jobs.result_name(old.blob_name))
            metadata = Marks(job=old.key).write()
            etag = blob.upload_blob(b"result", metadata=metadata)["etag"].strip('"')
            stored_jobs.add(own, stored_jobs.completed(-1 - number, ended_at, etag))
            blobs.get_blob_client("uploads", f"missed-{number}.jpg").upload_blob(b"upload")


def summary(costs: Costs, more: Ticks, kept: Kept, command: str) -> Result:
    """The figures."""
    figures: list[Figure] = []
    counts = ", ".join(f"{rows:,}" for rows in costs)
    for name in TICKS:
        totals = [median_total(ticks[name]) for ticks in costs.values()]
        few, many = costs[max(costs)][name][-1], more[name][-1]
        each = (many.total - few.total) / (many.items - few.items)
        times = [
            statistics.median(tick.seconds for tick in ticks[name]) for ticks in costs.values()
        ]
        figures += [
            Figure(
                f"transactions of a {name} tick with {counts} rows stored",
                ", ".join(f"{total:g}" for total in totals),
                "the same",
                max(totals) == min(totals),
            ),
            Figure(f"{name}: transactions for each item that is due", f"{each:.1f}"),
            Figure(f"{name}: time, on Azurite", ", ".join(f"{s:.2f} s" for s in times)),
        ]
    figures += beside_kept(kept)
    return Result(
        name="sweep",
        title="What a timer's tick costs",
        command=command,
        figures=figures,
        tables=[details(max(costs), costs[max(costs)])],
        notes=list(NOTES),
        samples={str(rows): samples(ticks) for rows, ticks in costs.items()}
        | {f"{max(costs)}, {MORE_DUE} due": samples(more)}
        | {f"beside {KEPT_FAILED} failed": samples({"sweep": kept.failed})}
        | {f"beside {count} waiting": samples(ticks) for count, ticks in kept.waiting.items()},
    )


def beside_kept(kept: Kept) -> list[Figure]:
    """A process looks at the job of such an upload once; then only when its time has come."""
    figures, counts = [], ", ".join(f"{count:,}" for count in kept.waiting)
    for name in TICKS:
        first, second = (
            [ticks[name][number].total for ticks in kept.waiting.values()] for number in (0, 1)
        )
        figures += [
            Figure(
                f"transactions of a process's first {name} beside {counts} uploads that wait",
                ", ".join(f"{total:,}" for total in first),
            ),
            Figure(
                f"transactions of its second {name} beside {counts} uploads that wait",
                ", ".join(f"{total:,}" for total in second),
                "the same",
                max(second) == min(second),
            ),
        ]
    figures.append(
        Figure(
            f"transactions of a process's first and second sweep beside {KEPT_FAILED:,} failed "
            "uploads",
            ", ".join(f"{tick.total:,}" for tick in kept.failed),
        )
    )
    return figures


def median_total(ticks: list[Tick]) -> float:
    """Of transactions."""
    return statistics.median(tick.total for tick in ticks)


def samples(ticks: Ticks) -> dict[str, Any]:
    """The raw numbers."""
    return {
        name: [[tick.total, round(tick.seconds, 4), tick.did] for tick in rounds]
        for name, rounds in ticks.items()
    }


def details(rows: int, ticks: Ticks) -> Table:
    """Of the last round."""
    lines = [
        [name, *map(str, line)]
        for name, rounds in ticks.items()
        for line in rounds[-1].transactions
    ]
    columns = ["tick", "service", "operation", "on", "count"]
    return Table(f"With {rows:,} rows and {DUE} of each kind due", columns, lines)


if __name__ == "__main__":
    main()
