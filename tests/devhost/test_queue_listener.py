"""One queue, driven without a host around it."""

import asyncio
import base64

from devhost.triggers import queue_listener
from devhost.triggers.queue_listener import Policy, QueueListener
from devhost.worker.main import _thread_count
from tests.devhost.running import LIMIT_S, wait_until

HOUR_S = 3600.0
BODY = base64.b64encode(b"body").decode()


def listener(account, handled, **changes):
    values = {
        "batch_size": 2,
        "new_batch_threshold": 0,
        "max_polling_interval_s": 60.0,
        "visibility_timeout_s": 0,
        "max_dequeue_count": 3,
        "is_base64": True,
        "lease_s": 600,
    }

    async def handle(delivery):
        handled.append(delivery.body)
        return True

    poison = account.queue("orders-poison")
    return QueueListener(
        account.queue("orders"), lambda _: poison, Policy(**values | changes), handle
    )


async def until(is_true):
    await asyncio.to_thread(wait_until, is_true, "the scenario comes to its end")


def run(listening, scenario):
    async def both():
        task = asyncio.create_task(listening.listen())
        await scenario()
        listening.stop()
        await asyncio.wait_for(task, LIMIT_S)

    asyncio.run(both())


def test_a_message_that_was_received_too_often_moves_to_the_poison_queue_without_a_run(account):
    queue = account.queue("orders")
    queue.send_message(BODY)
    for _ in range(3):
        (received,) = next(queue.receive_messages(visibility_timeout=60).by_page())
        queue.update_message(received.id, received.pop_receipt, visibility_timeout=0)
    handled = []

    run(listener(account, handled), lambda: until(lambda: account.waits("orders-poison")))

    assert handled == []
    assert account.raw_bodies("orders-poison") == [BODY]
    assert account.waits("orders") == 0


def test_an_idle_listener_that_is_woken_looks_at_once(account, monkeypatch):
    monkeypatch.setattr(queue_listener, "MIN_POLLING_INTERVAL_S", HOUR_S)
    handled = []
    listening = listener(account, handled, max_polling_interval_s=HOUR_S)

    async def scenario():
        # Time to find nothing, and to begin the pause.
        await asyncio.sleep(0.5)
        await asyncio.to_thread(account.queue("orders").send_message, BODY)
        listening.wake()
        await until(lambda: handled)

    run(listening, scenario)


def test_a_stopped_listener_lets_its_messages_end(account):
    handled = []
    account.queue("orders").send_message(BODY)

    run(listener(account, handled), lambda: until(lambda: handled))

    assert account.waits("orders") == 0


def test_the_number_of_threads_is_a_setting(monkeypatch):
    counts = {}
    for text in ("", "3", "0", "many"):
        monkeypatch.setenv("PYTHON_THREADPOOL_THREAD_COUNT", text)
        counts[text] = _thread_count()

    # None leaves it to Python: processors + 4, at most 32.
    assert counts == {"": None, "3": 3, "0": None, "many": None}
