"""A running service as its clients and its operator meet it: blobs, HTTP, rows."""

import http.client
import json
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, UpdateMode
from azure.storage.blob import BlobServiceClient

from integrations.alarm_table import ALARMS_TABLE, AlarmTable
from jobs.alarm import Alarm, Kind
from tests.acceptance.host import Host

FINAL = ("completed", "failed")
# Far more than anything here takes, for machines that do other things as well.
PATIENCE_S = 90.0
Found = TypeVar("Found")


@dataclass(frozen=True)
class Answer:
    """An HTTP response."""

    status: int
    content_type: str
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Service:
    """One app and its storage account."""

    def __init__(self, host: Host, storage: str | None = None) -> None:
        """`storage` is our own way to the host's account, where that is another one."""
        self.host = host
        storage = storage or host.storage
        self._blobs = BlobServiceClient.from_connection_string(storage)
        self._table = TableClient.from_connection_string(storage, "processingjobs")

    def is_ready(self) -> bool:
        """Whether the app has made its containers, which is the first thing it does."""
        return self._container("uploads").exists() and self._container("processed").exists()

    def close(self) -> None:
        self._blobs.close()
        self._table.close()

    def upload(self, name: str, source: Path) -> None:
        """As any client does it."""
        with source.open("rb") as stream:
            self._container("uploads").upload_blob(name, stream, overwrite=True)

    def uploads(self) -> set[str]:
        return set(self._container("uploads").list_blob_names())

    def outputs(self) -> list[Any]:
        """The properties of every result."""
        return list(self._container("processed").list_blobs(include=["metadata"]))

    def output(self, name: str) -> Any:
        """The properties of one result, or None."""
        return next((each for each in self.outputs() if each.name == name), None)

    def ask(self, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Answer:
        """One request to the app."""
        return request(f"http://127.0.0.1:{self.host.port}{path}", headers or {}, method)

    def ask_status(self, blob_name: str) -> Answer:
        """One poll, with the key."""
        return self.ask(status_path(blob_name), {"X-API-Key": self.host.api_key})

    def status(self, blob_name: str) -> dict[str, Any] | None:
        """What a poll says; None while there is no job."""
        answer = self.ask_status(blob_name)
        return answer.json if answer.status == 200 else None

    def timeline(self, blob_name: str) -> dict[str, Any]:
        """What happened to a job."""
        query = urllib.parse.urlencode({"blob_name": blob_name})
        answer = self.ask(f"/api/timeline?{query}", {"X-API-Key": self.host.api_key})
        content: dict[str, Any] = answer.json
        return content

    def settled(self, blob_name: str) -> dict[str, Any]:
        """Polls until the job has ended, well or not."""

        def ended() -> dict[str, Any] | None:
            job = self.status(blob_name)
            return job if job and job["status"] in FINAL else None

        return self.wait_for(f"the end of the job of {blob_name}", ended)

    def completed(self, blob_name: str, source: Path) -> dict[str, Any]:
        """Uploads and polls until the job is completed."""
        self.upload(blob_name, source)
        job = self.settled(blob_name)
        assert job["status"] == "completed", f"{job}\n{self.host.tail()}"
        return job

    def download(self, job: dict[str, Any], folder: Path) -> Path:
        """The result, by the link in the job's status."""
        answer = request(job["output_url"], {})
        assert answer.status == 200, answer
        path = folder / f"result.{job['format']}"
        path.write_bytes(answer.body)
        return path

    def rows(self, condition: str = "PartitionKey eq 'jobs'") -> list[dict[str, Any]]:
        """The rows of the job table that meet a condition."""
        try:
            return list(self._table.query_entities(condition))
        except ResourceNotFoundError:
            return []  # the table comes with the first job

    def row(self, blob_name: str) -> dict[str, Any] | None:
        """The row of one job."""
        return next((each for each in self.rows() if each["blob_name"] == blob_name), None)

    def change_row(self, row: dict[str, Any], **columns: Any) -> None:
        """Writes what time would have written."""
        keys = {name: row[name] for name in ("PartitionKey", "RowKey")}
        self._table.update_entity(keys | columns, mode=UpdateMode.MERGE)

    def delete_row(self, row: dict[str, Any]) -> None:
        """Removes a row, whatever its version."""
        self._table.delete_entity(row["PartitionKey"], row["RowKey"])

    def complete_earlier(self, blob_name: str, at: datetime) -> None:
        """Makes a completed job as old as that, and has it looked at."""
        row = self.row(blob_name)
        assert row is not None
        self.change_row(row, completed_at=at)
        with TableClient.from_connection_string(self.host.storage, ALARMS_TABLE) as table:
            AlarmTable(table).set(Alarm(Kind.ENDED, row["RowKey"], at))

    def sweep(self) -> None:
        """Fires the timer by hand and waits until its tick is over."""
        before = self.host.said().count("CLEANUP done")
        assert self.ask("/admin/functions/on_sweep", method="POST").status == 202
        self.wait_for("a sweep", lambda: self.host.said().count("CLEANUP done") > before)

    def wait_for(self, what: str, look: Callable[[], Found], limit_s: float = PATIENCE_S) -> Found:
        """What `look` sees, as soon as it sees anything."""
        deadline = time.monotonic() + limit_s
        while not (found := look()):
            if time.monotonic() > deadline:
                pytest.fail(f"Waited {limit_s:.0f} s for {what}.\n{self.host.tail()}")
            time.sleep(0.1)
        return found

    def _container(self, name: str) -> Any:
        return self._blobs.get_container_client(name)


@contextmanager
def running(host: Host) -> Iterator[Service]:
    """Starts the host; the app that it runs, ready for uploads, until the block ends."""
    host.start()
    service = Service(host)
    try:
        service.wait_for("the containers", service.is_ready)
        yield service
    finally:
        service.close()
        host.stop()


def status_path(blob_name: str) -> str:
    return "/api/status?" + urllib.parse.urlencode({"blob_name": blob_name})


def request(url: str, headers: dict[str, str], method: str = "GET") -> Answer:
    """One request, on a connection of its own and past any proxy."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, target, headers=headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers.get_content_type(), answer.read())
    finally:
        connection.close()
