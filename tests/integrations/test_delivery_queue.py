"""The queue that wakes a dispatcher, on a real Azurite."""

import base64
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from azure.storage.queue import QueueServiceClient

from integrations.delivery_queue import DeliveryQueue
from integrations.storage import queue_client
from jobs.delivery_message import decode
from settings import Settings


@pytest.fixture
def name() -> str:
    return f"deliveries-{uuid4().hex}"


@pytest.fixture
def queue(settings: Settings, name: str) -> DeliveryQueue:
    return DeliveryQueue(queue_client(settings, name), queue_client(settings, f"{name}-files"))


def taken(storage: str, name: str) -> list[frozenset[str]]:
    client = QueueServiceClient.from_connection_string(storage).get_queue_client(name)
    return [decode(base64.b64decode(each.content)) for each in client.receive_messages()]


def test_a_message_names_the_endpoints_in_letters_that_the_host_reads(
    queue: DeliveryQueue, storage: str, name: str
) -> None:
    queue.wake(["wh_1", "operator"])

    assert taken(storage, name) == [{"wh_1", "operator"}]


def test_files_have_a_queue_of_their_own(queue: DeliveryQueue, storage: str, name: str) -> None:
    queue.wake(["sftp", "operator"])

    assert taken(storage, name) == [{"operator"}]
    assert taken(storage, f"{name}-files") == [{"sftp"}]


def test_a_delayed_message_does_not_come_too_early(
    queue: DeliveryQueue, storage: str, name: str
) -> None:
    began_s = time.monotonic()
    queue.wake(["wh_1"], timedelta(seconds=0.3))

    while not (found := taken(storage, name)):
        time.sleep(0.02)

    assert found == [{"wh_1"}]
    assert time.monotonic() - began_s > 0.3


@pytest.mark.parametrize("delay", [timedelta(days=8), timedelta(days=-1)])
def test_a_delay_that_no_queue_allows_is_bounded(queue: DeliveryQueue, delay: timedelta) -> None:
    queue.wake(["wh_1"], delay)
