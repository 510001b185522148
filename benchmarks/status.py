"""Measures GET /api/status under load with many rows, and what the key check costs."""

import argparse
import contextlib
import random
import statistics
import subprocess
import sys
import time
import timeit
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain

from azure.data.tables import TableClient

from benchmarks.support.at_rest import app_at_rest
from benchmarks.support.load import Answers, Request, steady
from devhost.azurite import answers as listens
from harness.result import Conditions, Figure, Result, Table, keep, percentile
from harness.rig.project import ROOT, environment, free_port
from integrations.auth import holder_of
from integrations.tracking import TABLE, JobTable
from jobs import transitions
from jobs.job import Job
from jobs.result import Result as StoredResult
from jobs.upload import Upload
from order import Order

GOAL_S, AUTH_S = 0.100, 0.010
ROUNDS = 6
PRODUCT, HOST = "uvicorn, the product alone", "devhost's HTTP front"
OPEN, GUARDED, REFUSED = "an empty answer, no key check", "an empty answer, key check", "401"
WRITERS = 8
KEY_CHECKS = 20_000
NOTES = (
    (
        "An open loop over 16 connections that stay open; each time counts from the moment "
        "the request was due."
    ),
    "Half of the rows are completed, so half of the answers carry a fresh link.",
    "Client, server and storage share the two cores.",
)


def main() -> None:
    """Measures and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench status", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=50.0, help="requests a second (50)")
    parser.add_argument("--seconds", type=float, default=60.0, help="of load on each front (60)")
    parser.add_argument("--keep", action="store_true", help="write results/status.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    with app_at_rest() as app:
        names = fill(app.storage, given.rows)
        with served(app.storage, app.host.api_key) as (url, _):
            count = int(given.rate * given.seconds) // ROUNDS
            polls = status_requests(names, app.host.api_key, count)
            fronts = {PRODUCT: url, HOST: app.host.url}
            runs = by_turns(fronts, polls, key_requests(app.host.api_key, count), given.rate)
    command = (
        f"./scripts/bench status --rows {given.rows} --rate {given.rate:g} "
        f"--seconds {given.seconds:g}"
    )
    keep(summary(runs, given, command), conditions, to_files=given.keep)


def by_turns(
    fronts: dict[str, str], polls: list[Request], checks: list[Request], rate: float
) -> dict[str, list[list[float]]]:
    """The seconds of each run's rounds; by turns, so that all have the same share of bad moments.

    Two seconds of each front come before and do not count.
    """
    runs: dict[str, list[list[float]]] = {}
    for url in fronts.values():
        loaded(url, polls[: int(2 * rate)], rate)
    for _ in range(ROUNDS):
        for name, url in fronts.items():
            runs.setdefault(name, []).append(loaded(url, polls, rate).all_seconds)
        for kind, seconds in loaded(fronts[PRODUCT], checks, rate).seconds.items():
            runs.setdefault(kind, []).append(seconds)
    return runs


def fill(storage: str, count: int) -> list[str]:
    """Writes rows as jobs leave them, a quarter of each kind; returns their blob names."""
    table = JobTable(TableClient.from_connection_string(storage, TABLE))
    table.create()
    names = [f"2026/holiday photos/upload-{number:05d}.jpg" for number in range(count)]
    began = time.monotonic()
    with ThreadPoolExecutor(WRITERS) as pool:
        for _ in pool.map(lambda pair: table.insert(row(*pair)), enumerate(names)):
            pass
    print(f"{count} rows written in {time.monotonic() - began:.0f} s")
    return names


def row(number: int, blob_name: str) -> Job:
    """A queued, processing, or (half of them) completed job, all of this minute."""
    now = datetime.now(UTC)
    upload = Upload(blob_name, 4_000_000 + number, f"0x{number:X}", now)
    job = transitions.created(upload, Order(), now)
    if number % 4 == 0:
        return job
    job = transitions.claimed(job, f"attempt-{number}", now, timedelta(hours=1))
    if number % 4 == 1:
        return job
    name = blob_name.replace("upload-", "processed-").replace(".jpg", ".webp")
    url = f"http://127.0.0.1/{name}"
    result = StoredResult(name, url, "0x1", job.file_size, 1_000, 1.5, "webp")
    # Not due for deletion while the measurement lasts.
    return replace(transitions.completed(job, result, now), completed_at=now + timedelta(hours=1))


def status_requests(names: list[str], api_key: str, count: int) -> list[Request]:
    """Polls of jobs picked at random, the same each time."""
    chance = random.Random(7)  # noqa: S311 -- a choice of rows is no secret
    picked = (chance.choice(names) for _ in range(count))
    return [
        Request(
            f"/api/status?{urllib.parse.urlencode({'blob_name': name})}", {"X-API-Key": api_key}
        )
        for name in picked
    ]


def key_requests(api_key: str, count: int) -> list[Request]:
    """Requests without and with the key check, and refused ones, by turns."""
    kinds = [
        Request("/bench/open", {"X-API-Key": api_key}, OPEN),
        Request("/bench/guarded", {"X-API-Key": api_key}, GUARDED),
        Request("/api/status?blob_name=x", {"X-API-Key": "wrong" * 8}, REFUSED),
    ]
    return [kinds[number % len(kinds)] for number in range(count)]


def loaded(url: str, requests: list[Request], rate: float) -> Answers:
    """All the requests; every answer must have a meaning."""
    answers = steady(url, requests, rate)
    if set(answers.statuses) - {200, 401}:
        raise RuntimeError(f"unexpected answers: {answers.statuses}")
    return answers


@contextlib.contextmanager
def served(storage: str, api_key: str) -> Iterator[tuple[str, int]]:
    """The API by uvicorn in a process of its own; its address, and the process."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.support.api_server", str(port)],
        cwd=ROOT,
        env=environment({"AzureWebJobsStorage": storage, "API_KEY": api_key}),
    )
    try:
        while not listens(port):
            if process.poll() is not None:
                raise RuntimeError("The API did not start.")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait()


def summary(runs: dict[str, list[list[float]]], given: argparse.Namespace, command: str) -> Result:
    """The figures of all runs."""
    p99 = {name: percentile(list(chain(*rounds)), 99) for name, rounds in runs.items()}
    load = f"{given.rate:g}/s, {given.rows} rows"
    added = p99[GUARDED] - p99[OPEN]
    check_s = timeit.timeit(lambda: holder_of(["k" * 64], [("x" * 64, 1)]), number=KEY_CHECKS)
    figures = [
        Figure(f"status p99, {load}, {name}", _ms(p99[name]), "< 100 ms", p99[name] < GOAL_S)
        for name in (PRODUCT, HOST)
    ]
    figures += [
        Figure("key check, p99 with it less p99 without", _ms(added), "< 10 ms", added < AUTH_S),
        Figure(
            "a refused request, whole, p99", _ms(p99[REFUSED]), "< 10 ms", p99[REFUSED] < AUTH_S
        ),
        Figure("comparison of one key, mean", f"{1e6 * check_s / KEY_CHECKS:.1f} us"),
    ]
    return Result(
        name="status",
        title="GET /api/status and the key check",
        command=command,
        figures=figures,
        tables=[table(runs)],
        notes=list(NOTES),
        samples={
            name: [[round(each, 5) for each in one] for one in rounds]
            for name, rounds in runs.items()
        },
    )


def table(runs: dict[str, list[list[float]]]) -> Table:
    """Every run's distribution."""
    rows = []
    for name, rounds in runs.items():
        times = list(chain(*rounds))
        typical = statistics.median(percentile(each, 99) for each in rounds)
        shown = [percentile(times, 50), percentile(times, 95), percentile(times, 99), typical]
        rows.append([name, str(len(times)), *map(_ms, [*shown, max(times)])])
    columns = ["run", "requests", "p50", "p95", "p99", "median of the rounds' p99", "slowest"]
    return Table(f"All runs, in {ROUNDS} rounds by turns", columns, rows)


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"


if __name__ == "__main__":
    main()
