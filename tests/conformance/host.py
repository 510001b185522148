"""What the Functions host does around the worker: it turns events into values of the protocol."""

import base64
import json
from dataclasses import dataclass, replace
from urllib.parse import quote

from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from integrations.alarm_table import ALARMS_TABLE, AlarmTable
from integrations.tracking import TABLE, JobTable
from jobs.alarm import Alarm, Kind
from tests.conformance.genuine_worker import GenuineWorker

QUEUES = ("media-processing-queue-high", "media-processing-queue")


@dataclass(frozen=True)
class Host:
    """A worker and the storage account whose events reach it."""

    worker: GenuineWorker
    account: str
    api_key: str

    def upload(self, blob_name, path):
        self._container().upload_blob(blob_name, path.read_bytes())

    def uploads(self):
        return set(self._container().list_blob_names())

    def _container(self):
        service = BlobServiceClient.from_connection_string(self.account)
        return service.get_container_client("uploads")

    def trigger_blob(self, blob_name):
        """The blob trigger: the SDK type gets the blob's address, and none of its bytes."""
        address = {
            "Connection": "AzureWebJobsStorage",
            "ContainerName": "uploads",
            "BlobName": blob_name,
        }
        data = {
            "version": "1.0",
            "source": "AzureStorageBlobs",
            "content_type": "application/json",
            "content": json.dumps(address),
        }
        self.worker.run(
            "on_upload",
            {"client": {"model_binding_data": data}},
            {"BlobTrigger": {"string": f"uploads/{blob_name}"}, "name": {"string": blob_name}},
        )

    def message(self, blob_name):
        """The next message about an upload, taken off the queue, its text as it lies there."""
        service = QueueServiceClient.from_connection_string(self.account)
        there = {queue.name for queue in service.list_queues()}
        for client in map(service.get_queue_client, there & set(QUEUES)):
            for message in client.receive_messages(visibility_timeout=600):
                if json.loads(base64.b64decode(message.content))["job"]["blob_name"] == blob_name:
                    client.delete_message(message)
                    return message
        raise AssertionError(f"no message about {blob_name}")

    def trigger_queue(self, function, message):
        """The queue trigger: base64 is taken off, and the text's own keys join the metadata."""
        text = base64.b64decode(message.content, validate=True).decode()
        metadata = {
            "QueueTrigger": {"string": text},
            "Id": {"string": message.id},
            "PopReceipt": {"string": message.pop_receipt},
            "DequeueCount": {"json": str(message.dequeue_count)},
            "InsertionTime": {"json": json.dumps(message.inserted_on.isoformat())},
            "ExpirationTime": {"json": json.dumps(message.expires_on.isoformat())},
            "NextVisibleTime": {"json": json.dumps(message.next_visible_on.isoformat())},
        }
        known = {name.lower(): name for name in metadata}
        for name, value in json.loads(text).items():
            metadata[known.get(name.lower(), name)] = {"json": json.dumps(value)}
        self.worker.run(function, {"msg": {"string": text}}, metadata)

    def trigger_timer(self):
        tick = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": None, "IsPastDue": False}
        self.worker.run("on_sweep", {"timer": {"json": json.dumps(tick)}})

    def ask_status(self, blob_name):
        target = f"/api/status?blob_name={quote(blob_name, safe='')}"
        return self.worker.request("status", "GET", target, {"X-API-Key": self.api_key})

    def status(self, blob_name):
        """The job as a client sees it."""
        answer = self.ask_status(blob_name)
        assert answer.status == 200, answer
        return answer.json

    def finish(self, blob_name, path):
        """An upload on its whole way."""
        self.upload(blob_name, path)
        self.trigger_blob(blob_name)
        self.trigger_queue("on_small_job_message", self.message(blob_name))
        return self.status(blob_name)

    def complete_earlier(self, blob_name, at):
        """Makes a completed job as old as that, and has it looked at."""
        job = self.change_row(blob_name, completed_at=at)
        tables = TableServiceClient.from_connection_string(self.account)
        AlarmTable(tables.get_table_client(ALARMS_TABLE)).set(Alarm(Kind.ENDED, job.key, at))

    def change_row(self, blob_name, **columns):
        """Rewrites what time, or a crash, would have written."""
        table = TableServiceClient.from_connection_string(self.account).get_table_client(TABLE)
        rows = JobTable(table)
        job = rows.get(blob_name)
        return rows.replace(replace(job, **columns))
