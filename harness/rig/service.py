"""A running app as its clients and its operator meet it: blobs, HTTP, rows, timers."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, UpdateMode
from azure.storage.blob import BlobServiceClient, ContainerClient

from harness.rig import processes
from harness.rig.client import FINAL, Client
from harness.rig.host import Host
from harness.rig.processes import PATIENCE_S
from harness.rig.request import Answer, request
from integrations.alarm_table import ALARMS_TABLE, AlarmTable
from integrations.tracking import TABLE, JobTable
from jobs.alarm import Alarm, Kind
from jobs.job import Job

Found = TypeVar("Found")


class TooLateError(Exception):
    """Something did not happen; the message shows what the app has said."""


class Service:
    """One app and its storage account."""

    def __init__(self, host: Host, storage: str | None = None) -> None:
        """`storage` is our own way to the host's account, where that is another one."""
        self.host = host
        self.storage = storage or host.storage
        self.blobs = BlobServiceClient.from_connection_string(self.storage)
        self._table = TableClient.from_connection_string(self.storage, TABLE)
        self.jobs = JobTable(self._table)

    @property
    def client(self) -> Client:
        """Who uses it; the host may have another port since it was started again."""
        return Client(self.storage, self.host.url, self.host.api_key)

    def is_ready(self) -> bool:
        """Whether the app has made its containers, which is the first thing it does."""
        return self._container("uploads").exists() and self._container("processed").exists()

    def close(self) -> None:
        """Its connections."""
        self.blobs.close()
        self._table.close()

    def upload(self, name: str, source: Path) -> datetime:
        """As any client does it; returns the moment at which storage had it all."""
        with source.open("rb") as stream:
            self._container("uploads").upload_blob(name, stream, overwrite=True, max_concurrency=2)
        return datetime.now(UTC)

    def uploads(self) -> set[str]:
        """The names of those that are there."""
        return set(self._container("uploads").list_blob_names())

    def outputs(self) -> list[Any]:
        """The properties of every result."""
        return list(self._container("processed").list_blobs(include=["metadata"]))

    def output(self, name: str) -> Any:
        """The properties of one result, or None."""
        return next((each for each in self.outputs() if each.name == name), None)

    def ask(self, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Answer:
        """One request to the app."""
        return self.client.ask(path, headers, method)

    def ask_status(self, blob_name: str) -> Answer:
        """One poll, with the key."""
        return self.client.ask_status(blob_name)

    def status(self, blob_name: str) -> dict[str, Any] | None:
        """What a poll says; None while there is no job."""
        return self.client.status(blob_name)

    def timeline(self, blob_name: str) -> dict[str, Any]:
        """What happened to a job."""
        return self.client.timeline(blob_name)

    def settled(self, blob_name: str) -> dict[str, Any]:
        """Polls until the job has ended, well or not."""

        def ended() -> dict[str, Any] | None:
            job = self.status(blob_name)
            return job if job and job["status"] in FINAL else None

        return self.wait_for(f"the end of the job of {blob_name}", ended) or {}

    def completed(self, blob_name: str, source: Path) -> dict[str, Any]:
        """Uploads and polls until the job is completed."""
        self.upload(blob_name, source)
        job = self.settled(blob_name)
        if job["status"] != "completed":
            raise AssertionError(f"{job}\n{self.host.tail()}")
        return job

    def completed_job(self, blob_name: str, limit_s: float = 900.0) -> Job:
        """The job once it is completed; raises RuntimeError when it failed.

        Looks at the row: asking the API would also make the app notice the upload.
        """

        def ended() -> Job | None:
            job = self.jobs.get(blob_name)
            return job if job and job.is_settled else None

        job = self.wait_for(f"the end of the job of {blob_name}", ended, limit_s)
        if job is None or job.is_failed:
            raise RuntimeError(f"{blob_name}: {job and job.error_code} {job and job.error_message}")
        return job

    def download(self, job: dict[str, Any], folder: Path) -> Path:
        """The result, by the link in the job's status."""
        answer = request(job["output_url"])
        if answer.status != 200:
            raise AssertionError(answer)
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
        if row is None:
            raise AssertionError(f"there is no job of {blob_name}")
        self.change_row(row, completed_at=at)
        with TableClient.from_connection_string(self.storage, ALARMS_TABLE) as table:
            AlarmTable(table).set(Alarm(Kind.ENDED, row["RowKey"], at))

    def sweep(self) -> None:
        """Fires the timer by hand and waits until its tick is over."""
        before = self.host.said().count("CLEANUP done")
        if self.ask("/admin/functions/on_sweep", method="POST").status != 202:
            raise AssertionError(self.host.tail())
        self.wait_for("a sweep", lambda: self.host.said().count("CLEANUP done") > before)

    def encoders(self) -> set[int]:
        """The processes that work inside the folders of attempts."""
        return processes.all_within(self.host.work_dir)

    def is_healthy(self) -> bool:
        """Whether functions run and say so."""
        return self.ask("/api/health").status == 200

    def wait_for(self, what: str, look: Callable[[], Found], limit_s: float = PATIENCE_S) -> Found:
        """What `look` sees, as soon as it sees anything; raises TooLateError when it never does."""
        try:
            return processes.wait_for(look, limit_s)
        except TimeoutError:
            message = f"Waited {limit_s:.0f} s for {what}.\n{self.host.tail()}"
            raise TooLateError(message) from None

    def _container(self, name: str) -> ContainerClient:
        return self.blobs.get_container_client(name)
