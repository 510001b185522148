"""Counts the storage transactions of a job: our own, apart from those of the host."""

import argparse
import time
from collections import Counter
from pathlib import Path

from benchmarks.support import media
from benchmarks.support.counted import Watched, watched_app
from harness.proxy.counting import Transaction, tally
from harness.result import Conditions, Figure, Result, Table, keep

# Timers cost something with or without this job (`idle`), and what becomes of a job's alarms is
# theirs (`sweep`): here they run at the start only.
NO_TIMERS = {"SWEEP_SCHEDULE": "0 0 0 1 1 *", "RESCUE_SCHEDULE": "0 0 0 1 1 *"}
# Polling goes on whether there is a job or not; it is counted by the program `idle`.
POLLING = (("queue", "get messages"), ("blob", "list blobs"))
Kinds = Counter[tuple[str, str, str]]


def main() -> None:
    """Measures and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench transactions", description=__doc__)
    parser.add_argument("--clip-mb", type=float, default=20.0)
    parser.add_argument("--keep", action="store_true", help="write results/transactions.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    with watched_app(NO_TIMERS) as watched:
        folder = watched.app.host.folder
        files = {
            "photo": media.photo(folder / "photo.jpg"),
            "clip": media.clip(folder / "clip.mp4", int(given.clip_mb * media.MEGABYTE)),
        }
        job(watched, files["photo"], "warm-up.jpg")
        counts = {kind: job(watched, file, f"count-{file.name}") for kind, file in files.items()}
        sizes = {kind: file.stat().st_size / 1e6 for kind, file in files.items()}
    keep(summary(counts, sizes), conditions, to_files=given.keep)


def job(watched: Watched, source: Path, blob_name: str) -> tuple[Kinds, Kinds]:
    """What one job costs: ours, and the host's without its polling."""
    watched.ours.taken()
    watched.hosts.taken()
    watched.app.upload(blob_name, source)
    watched.app.completed_job(blob_name)
    time.sleep(2)  # the upload's deletion, the message's
    return tally(watched.ours.taken()), tally(without_polling(watched.hosts.taken()))


def without_polling(transactions: list[Transaction]) -> list[Transaction]:
    """Only what the job caused."""
    return [each for each in transactions if (each.service, each.operation) not in POLLING]


def summary(counts: dict[str, tuple[Kinds, Kinds]], sizes: dict[str, float]) -> Result:
    """The figures."""
    figures, tables = [], []
    for kind, (ours, hosts) in counts.items():
        name = f"{kind} of {sizes[kind]:.1f} MB"
        figures += [
            Figure(f"{name}: our own transactions", str(ours.total())),
            Figure(f"{name}: the host's (devhost), polling apart", str(hosts.total())),
        ]
        rows = [
            [whose, service, operation, place, str(count)]
            for whose, kinds in (("ours", ours), ("host", hosts))
            for (service, operation, place), count in sorted(kinds.items())
        ]
        columns = ["whose", "service", "operation", "on", "count"]
        tables.append(Table(f"For the {name}", columns, rows))
    return Result(
        name="transactions",
        title="Storage transactions of one job",
        command="./scripts/bench transactions",
        figures=figures,
        tables=tables,
        notes=[
            "Counted by a proxy before Azurite; worker and host have one each.",
            "The client's upload and its polls are not in it: each poll is one `get entity`.",
            "The timers stood still: their part is counted by `idle` and `sweep`.",
        ],
        samples={
            kind: {
                whose: [[*key, count] for key, count in sorted(kinds.items())]
                for whose, kinds in (("ours", pair[0]), ("host", pair[1]))
            }
            for kind, pair in counts.items()
        },
    )


if __name__ == "__main__":
    main()
