"""The queue: messages as the host expects them, sent whatever the state of the account."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from azure.storage.queue import QueueServiceClient

from errors import StorageUnavailableError
from integrations.job_queue import JobQueue
from jobs.message import JobMessage

MESSAGE = JobMessage("ü.mp4", "e1", 5, 0, datetime(2026, 1, 2, tzinfo=UTC))


def test_a_message_is_base64_of_json_on_the_wire(queue: JobQueue, storage: str) -> None:
    queue.send(MESSAGE)

    raw = QueueServiceClient.from_connection_string(storage).get_queue_client(
        queue._queue.queue_name
    )
    content = next(iter(raw.receive_messages())).content
    assert json.loads(base64.b64decode(content))["job"]["blob_name"] == "ü.mp4"


def test_a_missing_queue_is_created(queue: JobQueue) -> None:
    assert queue.is_empty()
    queue.send(MESSAGE)
    assert not queue.is_empty()


def test_a_delayed_message_counts_but_is_not_visible(queue: JobQueue) -> None:
    queue.send(MESSAGE, timedelta(minutes=2))

    assert not queue.is_empty()
    assert list(queue._queue.receive_messages()) == []


def test_a_delay_beyond_what_storage_allows_is_cut(queue: JobQueue) -> None:
    queue.send(MESSAGE, timedelta(days=30))
    queue.send(MESSAGE, timedelta(seconds=-5))

    assert len(list(queue._queue.receive_messages())) == 1


def test_a_queue_that_cannot_be_created_is_an_outage(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "create", lambda: None)

    with pytest.raises(StorageUnavailableError):
        queue.send(MESSAGE)
