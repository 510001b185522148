"""Measures a form with a file of 500 MB against the SDK's own upload, and who waits beside it."""

import argparse
import os
import re
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from azure.storage.blob import BlobServiceClient

from benchmarks.status import fill, served
from benchmarks.support.at_rest import app_at_rest
from benchmarks.support.load import Request, steady
from harness.result import Conditions, Figure, Result, Table, keep, percentile
from harness.rig.service import Service

MEGABYTE = 1 << 20
MOST_RATIO, MOST_RSS_MB, STATUS_GOAL_S = 1.5, 200.0, 0.100
IDLE = "nothing"
HOST, PRODUCT, SDK = "through devhost", "uvicorn, the product alone", "the SDK's own upload"
BLOCK_BYTES = 4 * MEGABYTE
POLLS_PER_S = 20.0
ROWS, ROUNDS = 600, 6
LINE = "25M"  # bytes a second: what 200 Mbit/s carry
UNLIMITED = "as fast as loopback goes"
# The files are no videos: nobody shall look at them meanwhile.
NO_JOBS = {
    f"AzureWebJobs.{name}.Disabled": "true"
    for name in ("on_job_message", "on_small_job_message", "on_upload", "on_rescue", "on_sweep")
}
NOTES = (
    (
        "The form is sent by curl; the SDK uploads the same file in blocks of 4 MiB, two at once, "
        "as the service does. By turns, on one machine with storage, which takes most of the time."
    ),
    "Memory is the kernel's high-water mark of the process, beside what it was after a small file.",
    (
        "Statuses are due at fixed times while form after form comes, by a line of 200 Mbit/s; "
        "each time counts from then. As fast as loopback goes, sender, storage and service want "
        "more than two cores: the SDK's own upload, which does not touch the service, shows it."
    ),
)


@dataclass(frozen=True, slots=True)
class Server:
    """One way to the product."""

    name: str
    url: str
    pid: int  # of the process that receives


def main() -> None:
    """Measures and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench ingest", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=499, help="of the file (499)")
    parser.add_argument("--times", type=int, default=10, help="by each way (10)")
    parser.add_argument("--keep", action="store_true", help="write results/ingest.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    with app_at_rest(NO_JOBS) as app, served(app.storage, app.host.api_key) as (url, pid):
        servers = [
            Server(HOST, app.host.url, app.host.worker_pid() or app.host.pid),
            Server(PRODUCT, url, pid),
        ]
        measurement = Measurement(app, servers, given.megabytes)
        measurement.by_turns(given.times)
        measurement.polls_beside()
    command = f"./scripts/bench ingest --megabytes {given.megabytes} --times {given.times}"
    keep(summary(measurement, command), conditions, to_files=given.keep)


class Measurement:
    """Sends one file again and again, and takes the times."""

    def __init__(self, app: Service, servers: list[Server], megabytes: int) -> None:
        self._app = app
        self._servers = servers
        self._file = video_like(app.host.folder / "large", megabytes * MEGABYTE)
        self._small = video_like(app.host.folder / "small", 2 * BLOCK_BYTES)
        self.megabytes = megabytes
        self.seconds: dict[str, list[float]] = {SDK: [], HOST: [], PRODUCT: []}
        self.memory: dict[str, tuple[float, float]] = {}  # after a small file, after all
        self.polls: dict[str, list[float]] = {}

    def by_turns(self, times: int) -> None:
        """So that each way has the same share of bad moments."""
        for server in self._servers:
            self._send(server, self._small)
        before = {server.name: most_memory_mb(server.pid) for server in self._servers}
        for _ in range(times):
            self.seconds[SDK].append(timed(self._upload))
            for server in self._servers:
                self.seconds[server.name].append(timed(partial(self._send, server, self._file)))
            self._clear()
        for server in self._servers:
            self.memory[server.name] = before[server.name], most_memory_mb(server.pid)

    def polls_beside(self) -> None:
        """Statuses asked while one form after the other comes by the same server."""
        names = fill(self._app.storage, ROWS)
        requests = [
            Request(
                f"/api/status?{urllib.parse.urlencode({'blob_name': name})}",
                {"X-API-Key": self._app.host.api_key},
            )
            for name in names
        ]
        _, alone = self._servers
        beside: dict[str, tuple[Server, Callable[[], object]]] = {
            IDLE: (alone, lambda: time.sleep(0.1)),
            SDK: (alone, self._upload_apart),
        }
        for server in self._servers:
            for name, line in ((server.name, LINE), (f"{server.name}, {UNLIMITED}", "0")):
                beside[name] = server, partial(self._send, server, self._file, line)
        for begin in range(0, ROWS, ROWS // ROUNDS):
            for name, (server, call) in beside.items():
                part = requests[begin : begin + ROWS // ROUNDS]
                self.polls.setdefault(name, []).extend(self._polled(server, part, call))
            self._clear()

    def _polled(
        self, server: Server, requests: list[Request], beside: Callable[[], object]
    ) -> list[float]:
        """The seconds of each status, while something else is done again and again."""
        over = threading.Event()
        other = threading.Thread(target=_again_until, args=(beside, over))
        other.start()
        time.sleep(1)
        answers = steady(server.url, requests, POLLS_PER_S)
        over.set()
        other.join()
        if set(answers.statuses) != {200}:
            raise RuntimeError(f"unexpected answers: {answers.statuses}")
        return answers.all_seconds

    def _clear(self) -> None:
        """The emulator frees what is deleted in its own time."""
        with self._app.blobs.get_container_client("uploads") as uploads:
            for name in uploads.list_blob_names():
                uploads.delete_blob(name)

    def _send(self, server: Server, file: Path, line: str = "0") -> None:
        command = [
            *("curl", "--silent", "--fail-with-body", "--output", "-", "--limit-rate", line),
            *("--header", f"X-API-Key: {self._app.host.api_key}"),
            *("--form", f"media_id={time.monotonic_ns()}", "--form", f"file=@{file}"),
            f"{server.url}/compress/",
        ]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if '"accepted"' not in answer.stdout:
            raise RuntimeError(f"{server.name}: {answer.stdout}{answer.stderr}")

    def _upload(self) -> None:
        upload(self._app.storage, self._file)

    def _upload_apart(self) -> None:
        """In a process of its own, as forms are sent."""
        code = "import sys, pathlib; from benchmarks.ingest import upload; "
        code += "upload(sys.argv[1], pathlib.Path(sys.argv[2]))"
        subprocess.run([sys.executable, "-c", code, self._app.storage, self._file], check=True)


def summary(of: Measurement, command: str) -> Result:
    """The figures of all ways."""
    rows = [
        [name, *(f"{value:.1f} s" for value in (min(taken), statistics.median(taken), max(taken)))]
        for name, taken in of.seconds.items()
    ]
    polls = [
        [name, *(f"{1000 * percentile(taken, p):.0f} ms" for p in (50, 90, 99, 100))]
        for name, taken in of.polls.items()
    ]
    return Result(
        name="ingest",
        title="A file of 500 MB in a form",
        command=command,
        figures=[*figures_of_time(of), *figures_of_memory(of), *figures_of_polls(of)],
        tables=[
            Table("Seconds", ["way", "least", "median", "most"], rows),
            Table(
                f"A status, asked {POLLS_PER_S:g} times a second beside it",
                ["beside", "p50", "p90", "p99", "most"],
                polls,
            ),
        ],
        notes=list(NOTES),
        samples={"seconds": of.seconds, "polls": of.polls, "memory": of.memory},
    )


def figures_of_time(of: Measurement) -> Iterator[Figure]:
    """Against the SDK."""
    bare = statistics.median(of.seconds[SDK])
    for name in (HOST, PRODUCT):
        ratio = statistics.median(of.seconds[name]) / bare
        what = f"{of.megabytes} MB in a form against the SDK, {name}"
        yield Figure(what, f"{ratio:.2f}x", f"<= {MOST_RATIO}x", ratio <= MOST_RATIO)


def figures_of_memory(of: Measurement) -> Iterator[Figure]:
    """Of the process that receives."""
    for name, (before, after) in of.memory.items():
        goal = f"<= {MOST_RSS_MB:.0f} MB"
        yield Figure(f"its memory at most, {name}", f"{after:.0f} MB", goal, after <= MOST_RSS_MB)
        yield Figure(f"of it more than after 8 MB, {name}", f"{after - before:.0f} MB")


def figures_of_polls(of: Measurement) -> Iterator[Figure]:
    """Of who only asks."""
    for name, taken in of.polls.items():
        p99, is_ours = percentile(taken, 99), name in (HOST, PRODUCT)
        yield Figure(
            f"status p99 beside it, {name}" if is_ours else f"status p99 beside {name}",
            f"{1000 * p99:.0f} ms",
            "< 100 ms" if is_ours else "",
            p99 < STATUS_GOAL_S if is_ours else None,
        )


def upload(storage: str, source: Path) -> None:
    """As any client of the SDK does, in blocks as large as the service's own."""
    service = BlobServiceClient.from_connection_string(
        storage, max_block_size=BLOCK_BYTES, max_single_put_size=BLOCK_BYTES
    )
    with service, source.open("rb") as stream:
        client = service.get_blob_client("uploads", f"sdk-{time.monotonic_ns()}")
        client.upload_blob(stream, max_concurrency=2)


def _again_until(call: Callable[[], object], over: threading.Event) -> None:
    while not over.is_set():
        call()


def video_like(path: Path, size_bytes: int) -> Path:
    """A file that is taken for a video by its head; its rest is chance, as compressed data are."""
    with path.open("wb") as file:
        file.write(b"\0\0\0\x18ftypisom\0\0\2\0isomiso2")
        piece = os.urandom(MEGABYTE)
        while (left := size_bytes - file.tell()) > 0:
            file.write(piece[:left])
    return path


def timed(call: Callable[[], Any]) -> float:
    """The seconds that it took."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def most_memory_mb(pid: int) -> float:
    """What the process held at its largest."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    main()
