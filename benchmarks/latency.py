"""Measures how long a photo of 1 MB takes from the end of its upload to `completed`, at idle."""

import argparse
import http.client
import json
import random
import statistics
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from azure.data.tables import TableClient

from benchmarks.support import media
from benchmarks.support.at_rest import app_at_rest
from harness.result import Conditions, Figure, Result, Table, keep, percentile
from harness.rig.service import Service
from integrations.ingest_table import INGEST_TABLE, IngestTable
from jobs.contract import Contract
from jobs.job import Job

GOAL_S = 1.5
TRIGGER, LINK, FORM = "written to storage, the trigger notices", "by a link, complete", "in a form"
# No process takes a job by itself: every one waits for the queue.
QUEUE_ONLY = "from worker.spare_room import SpareRoom\nSpareRoom.take = lambda *_: False\n"
POLLING = "AzureFunctionsJobHost__extensions__queues__maxPollingInterval"
QUEUES = 4  # that the host asks, with those of poisoned messages
MONTH_S = 30 * 24 * 3600
NOTES = (
    "Between two photos there is a pause of 3 to 5 seconds: every poller is at its slowest.",
    (
        "An upload ends when its sender has the answer of storage; of a form, the time counts from "
        "the moment before it was sent, its transfer included."
    ),
)


@dataclass(frozen=True, slots=True)
class Way:
    """One way of making the service work, and how it was measured."""

    name: str
    settings: dict[str, str]
    preface: str


WAYS = (
    Way("begun at once, as shipped", {}, ""),
    Way("by the queue, asked every 2 s", {}, QUEUE_ONLY),
    Way("by the queue, asked every 1 s", {POLLING: "00:00:01"}, QUEUE_ONLY),
    Way("by the queue, asked every 0.5 s", {POLLING: "00:00:00.500"}, QUEUE_ONLY),
)


def main() -> None:
    """Measures and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench latency", description=__doc__)
    parser.add_argument("--photos", type=int, default=15, help="by each door and way (15)")
    parser.add_argument("--keep", action="store_true", help="write results/latency.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    samples = {way.name: measured(way, given.photos) for way in WAYS}
    command = f"./scripts/bench latency --photos {given.photos}"
    keep(summary(samples, command), conditions, to_files=given.keep)


def measured(way: Way, count: int) -> dict[str, list[float]]:
    """The seconds of each door, by turns."""
    seconds: dict[str, list[float]] = {TRIGGER: [], LINK: [], FORM: []}
    with app_at_rest(way.settings, preface=way.preface) as app:
        photo = media.photo(app.host.folder / "photo.jpg").read_bytes()
        doors = Doors(app, photo)
        doors.by_link()  # warms what is warm in a worker that runs
        for _ in range(count):
            for name, send in doors.all().items():
                time.sleep(random.uniform(3, 5))  # noqa: S311 -- spreads the moments of a poll
                seconds[name].append(send())
    return seconds


class Doors:
    """The three ways in."""

    def __init__(self, app: Service, photo: bytes) -> None:
        self._app = app
        self._photo = photo
        table = TableClient.from_connection_string(app.storage, INGEST_TABLE)
        self._ingests = IngestTable(table)

    def all(self) -> dict[str, Callable[[], float]]:
        """Each sends one photo, and returns the seconds until it was completed."""
        return {TRIGGER: self.by_trigger, LINK: self.by_link, FORM: self.by_form}

    def by_trigger(self) -> float:
        """As the first clients do, who do not ask before the trigger noticed."""
        name = f"upload-{uuid.uuid4()}.jpg"
        path = Path(self._app.host.folder / "photo.jpg")
        return _seconds(self._app.upload(name, path), self._app.completed_job(name))

    def by_link(self) -> float:
        """As a page does."""
        wanted = {"files": [{"name": "photo.jpg", "size": len(self._photo)}]}
        link = self._post("/api/uploads", json.dumps(wanted).encode(), "application/json")["files"]
        blob = self._app.blobs.get_blob_client("uploads", link[0]["blob_name"])
        blob.upload_blob(self._photo)
        uploaded_at = datetime.now(UTC)
        self._post(link[0]["complete_url"], b"", "application/json")
        return _seconds(uploaded_at, self._app.completed_job(link[0]["blob_name"]))

    def by_form(self) -> float:
        """As a learning platform does."""
        media_id, sent_at = uuid.uuid4().hex, datetime.now(UTC)
        body = (
            f'--x\r\nContent-Disposition: form-data; name="media_id"\r\n\r\n{media_id}\r\n--x\r\n'
            'Content-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        ).encode()
        body += self._photo + b"\r\n--x--\r\n"
        self._post("/compress/", body, "multipart/form-data; boundary=x")
        (record,) = self._ingests.of_id(Contract.LMS, media_id)
        return _seconds(sent_at, self._app.completed_job(record.blob_name))

    def _post(self, path: str, body: bytes, content_type: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._app.host.port, timeout=60)
        headers = {"X-API-Key": self._app.host.api_key, "Content-Type": content_type}
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        content = json.loads(answer.read())
        connection.close()
        if answer.status >= 300:
            raise RuntimeError(content)
        return content


def _seconds(since: datetime, job: Job) -> float:
    if job.completed_at is None:
        raise RuntimeError(f"{job.blob_name} has no end")
    return (job.completed_at - since).total_seconds()


def summary(samples: dict[str, dict[str, list[float]]], command: str) -> Result:
    """The figures of all ways; what is shipped is promised."""
    shipped = samples[WAYS[0].name]
    figures = [
        Figure(
            f"a photo of 1 MB, {door}: p50",
            f"{statistics.median(shipped[door]):.2f} s",
            f"<= {GOAL_S} s" if door != TRIGGER else "",
            statistics.median(shipped[door]) <= GOAL_S if door != TRIGGER else None,
        )
        for door in (LINK, FORM, TRIGGER)
    ]
    rows = [
        [way, door, *(f"{percentile(seconds, p):.2f} s" for p in (50, 90, 100))]
        for way, doors in samples.items()
        for door, seconds in doors.items()
    ]
    polls = [
        [f"{interval_s:g} s", f"{QUEUES * MONTH_S / interval_s / 1e6:.1f} million"]
        for interval_s in (2.0, 1.0, 0.5)
    ]
    return Result(
        name="latency",
        title="A photo, from the end of its upload to its result",
        command=command,
        figures=figures,
        tables=[
            Table("Each way", ["how", "door", "p50", "p90", "longest"], rows),
            Table(
                "What it costs to ask the queues more often, whatever there is to do",
                ["asked every", "transactions a month, for each replica"],
                polls,
            ),
        ],
        notes=list(NOTES),
        samples=samples,
    )


if __name__ == "__main__":
    main()
