"""Messages, as app and host use them, are the same on each storage."""

import base64
import json
from contextlib import contextmanager
from datetime import timedelta

from azure.core.exceptions import ResourceNotFoundError

from integrations.job_queue import HIGH_QUEUE, QUEUE
from jobs.message import Priority
from lifecycle import services as services_room

from .conftest import NOW


@contextmanager
def told(error):
    """What a block raised, by name."""
    raised = []
    try:
        yield raised
    except error as found:
        raised.append(type(found).__name__)


def test_a_delayed_message_does_not_wait_yet(storage):
    def story():
        queue = services_room.queue_client(storage.services.settings, "test-queue")
        with told(ResourceNotFoundError) as missing:
            queue.send_message("{}")
        queue.create_queue()
        queue.send_message("{}", visibility_timeout=300, time_to_live=-1)
        delayed = len(queue.peek_messages(1))
        for _ in range(2):
            queue.send_message("{}", time_to_live=-1)
        return missing, delayed, len(queue.peek_messages(1)), len(queue.peek_messages(5))

    assert storage.run(story) == (["ResourceNotFoundError"], 0, 1, 2)


def test_a_message_makes_the_queue_of_its_priority_and_waits_there(account):
    def story():
        before = account.services.queue.is_idle(Priority.HIGH)
        account.services.queue.send(account.job("a.png").message(NOW))
        counts = [
            account.hosts.get_queue_client(name).get_queue_properties().approximate_message_count
            for name in (QUEUE, HIGH_QUEUE)
        ]
        return before, account.services.queue.is_idle(Priority.HIGH), counts

    account.run(account.services.queue.create)
    assert account.run(story) == (True, False, [0, 1])


def test_a_host_takes_a_message_which_is_hidden_then_and_deletes_it(storage):
    def story():
        queue = storage.services.queue
        queue.send(storage.job("a.png").message(NOW))
        queue.send(storage.job("b.png").message(NOW), timedelta(minutes=5))
        host = storage.hosts.get_queue_client(HIGH_QUEUE)
        (taken,) = host.receive_messages(messages_per_page=32)
        again = list(host.receive_messages(messages_per_page=32))
        idle = queue.is_idle(Priority.HIGH)
        before = host.get_queue_properties().approximate_message_count
        host.delete_message(taken)
        after = host.get_queue_properties().approximate_message_count
        body = json.loads(base64.b64decode(taken.content))
        return again, idle, (before, after), body["job"]["blob_name"]

    assert storage.run(story) == ([], True, (2, 1), "a.png")


def test_a_cleared_queue_is_empty(storage):
    def story():
        queue = storage.services.queue
        queue.send(storage.job("a.png").message(NOW))
        for each in queue._queues.values():
            each.clear_messages()
        return queue.is_idle(Priority.HIGH)

    storage.run(storage.services.queue.create)
    assert storage.run(story)
