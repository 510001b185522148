"""The queue: messages as the host expects them, sent whatever the state of the account."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from azure.storage.queue import QueueServiceClient

from errors import StorageUnavailableError
from integrations import job_queue
from integrations.job_queue import JobQueue
from jobs.message import JobMessage, Priority

MESSAGE = JobMessage("ü.mp4", "e1", 5, Priority.HIGH, 0, datetime(2026, 1, 2, tzinfo=UTC))


def test_a_message_is_base64_of_json_on_the_wire(queue: JobQueue, storage: str) -> None:
    queue.send(MESSAGE)

    raw = QueueServiceClient.from_connection_string(storage).get_queue_client(
        queue._queues[Priority.HIGH].queue_name
    )
    content = next(iter(raw.receive_messages())).content
    assert json.loads(base64.b64decode(content))["job"]["blob_name"] == "ü.mp4"


def test_each_priority_has_a_queue_of_its_own(queue: JobQueue) -> None:
    queue.send(replace(MESSAGE, priority=Priority.NORMAL))
    queue.send(MESSAGE)

    waiting = {name: list(each.receive_messages()) for name, each in queue._queues.items()}

    assert {name: len(messages) for name, messages in waiting.items()} == {"normal": 1, "high": 1}
    assert json.loads(waiting["normal"][0].content)["job"]["priority"] == "normal"


def test_a_missing_queue_is_created(queue: JobQueue) -> None:
    assert queue.is_idle(Priority.HIGH)
    queue.send(MESSAGE)
    assert not queue.is_idle(Priority.HIGH)
    assert queue.is_idle(Priority.NORMAL)


def test_a_delayed_message_does_not_wait_yet(queue: JobQueue) -> None:
    queue.send(MESSAGE, timedelta(minutes=2))

    assert queue.is_idle(Priority.HIGH)
    assert list(queue._queues[Priority.HIGH].receive_messages()) == []


def test_a_message_in_work_waits_no_more(queue: JobQueue) -> None:
    queue.send(MESSAGE)
    assert len(list(queue._queues[Priority.HIGH].receive_messages())) == 1

    assert queue.is_idle(Priority.HIGH)


def test_a_delay_beyond_what_storage_allows_is_cut(queue: JobQueue) -> None:
    queue.send(MESSAGE, timedelta(days=30))
    queue.send(MESSAGE, timedelta(seconds=-5))

    assert len(list(queue._queues[Priority.HIGH].receive_messages())) == 1


def test_a_queue_that_cannot_be_created_is_an_outage(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_queue, "_create", lambda _: None)

    with pytest.raises(StorageUnavailableError):
        queue.send(MESSAGE)
