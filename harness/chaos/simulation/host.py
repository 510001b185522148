"""The triggers as the Functions host runs them: events, messages, poison and the timer."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from harness.chaos.simulation.machines import Invocation, Machine, Machines, Work
from harness.chaos.simulation.weather import Weather
from harness.chaos.simulation.wire import Wire
from harness.storage.blobs import UPLOADS, BlobStore
from harness.storage.queues import DAY_S, Message, Queues
from integrations.delivery_queue import DELIVERY_QUEUE, TRANSFER_QUEUE
from lifecycle.attempt import run_attempt
from lifecycle.dispatcher import dispatch
from lifecycle.intake import accept_blob
from lifecycle.message import drop_endpoints, read_endpoints, read_message
from lifecycle.poison import examine_poison
from lifecycle.rescue import rescue
from lifecycle.services import Services
from lifecycle.sweep import sweep
from lifecycle.transfer import transfer

POISON = "-poison"
# host.json and the queue extension's own numbers.
MOST_DEQUEUES = 5
HIDDEN_WHILE_RUNNING_S = 600.0
HIDDEN_AFTER_FAILURE_S = 10.0
BUSY_S = 2.0
EVENT_TRIES = 5
# How often one event may come.
MOST_EVENTS = 5


@dataclass(slots=True, eq=False)
class Delivery:
    """A message in the hands of a function."""

    queue: str
    message: Message
    receipt: int


class Host:
    """All triggers of the app, over all machines."""

    def __init__(self, wire: Wire, machines: Machines, queues: Queues, blobs: BlobStore) -> None:
        self._wire, self._machines, self._queues, self._blobs = wire, machines, queues, blobs
        self._scheduler = wire.scheduler
        queues.on_message = self._expect
        machines.on_start = self.tick_on

    @property
    def _weather(self) -> Weather:
        return self._wire.weather

    @property
    def _rng(self) -> random.Random:
        return self._wire.weather.rng

    def expect_upload(self, name: str, etag: str) -> None:
        """A blob was written: its event comes late, several times, or never."""
        if self._weather.happens(self._weather.event_lost):
            return
        for _ in range(MOST_EVENTS):
            delay_s = self._rng.choice((1.0, 10.0, 90.0)) * self._rng.random()
            self._soon(delay_s, lambda: self._notify(name, etag, EVENT_TRIES))
            if not self._weather.happens(self._weather.event_repeated):
                return

    def sweep_somewhere(self) -> None:
        """The slow timer's tick."""
        if machine := self._machines.free():
            self._invoke(machine, "sweep", sweep)

    def rescue_somewhere(self) -> None:
        """The quick timer's tick."""
        if machine := self._machines.free():
            self._invoke(machine, "rescue", rescue)

    def tick_on(self, machine: Machine) -> None:
        """Both, as at the start of a host."""
        self._invoke(machine, "rescue", rescue)
        self._invoke(machine, "sweep", sweep)

    def _notify(self, name: str, etag: str, tries: int) -> None:
        blob = self._blobs.blobs(UPLOADS).get(name)
        if blob is None or blob.etag != etag or not tries:
            return  # the host drops events of older versions
        machine = self._machines.free()
        if machine is None:
            self._soon(BUSY_S, lambda: self._notify(name, etag, tries))
            return

        def ended(is_good: bool) -> None:
            if not is_good:
                self._soon(HIDDEN_AFTER_FAILURE_S, lambda: self._notify(name, etag, tries - 1))

        self._machines.invoke(
            machine, f"upload {name}", lambda services: accept_blob(services, name), ended
        )

    def _expect(self, queue: str, message: Message) -> None:
        polled_s = self._rng.random() * (0.2 if self._weather.is_calm else BUSY_S)
        self._scheduler.at(message.visible_at_s + polled_s, lambda: self._deliver(queue, message))

    def _deliver(self, queue: str, message: Message) -> None:
        if not self._queues.is_waiting(queue, message):
            return
        machine = self._machines.free()
        if machine is None:
            self._soon(BUSY_S, lambda: self._deliver(queue, message))
            return
        delivery = Delivery(queue, message, 0)
        delivery.receipt = self._queues.take(queue, message, HIDDEN_WHILE_RUNNING_S)
        if message.dequeue_count > MOST_DEQUEUES:
            self._bury(delivery)
            return
        if self._weather.happens(self._weather.message_repeated):
            self._queues.hide(queue, message, delivery.receipt, self._rng.uniform(0, 90))
        running = self._invoke(
            machine, _name(queue), _work(queue, message), lambda good: self._settle(delivery, good)
        )
        self._renew_later(delivery, running)

    def _renew_later(self, delivery: Delivery, running: Invocation) -> None:
        def renew() -> None:
            if not running.is_over:
                queue, message = delivery.queue, delivery.message
                receipt = self._queues.hide(
                    queue, message, delivery.receipt, HIDDEN_WHILE_RUNNING_S
                )
                delivery.receipt = receipt or delivery.receipt
                self._renew_later(delivery, running)

        self._soon(HIDDEN_WHILE_RUNNING_S / 2, renew)

    def _settle(self, delivery: Delivery, is_good: bool) -> None:
        queue, message, receipt = delivery.queue, delivery.message, delivery.receipt
        if is_good:
            if not self._weather.happens(self._weather.event_lost / 4):
                self._queues.delete(queue, message, receipt)
        elif queue.endswith(POISON):
            return  # the host leaves it hidden
        elif message.dequeue_count >= MOST_DEQUEUES:
            self._bury(delivery)
        else:
            self._queues.hide(queue, message, receipt, HIDDEN_AFTER_FAILURE_S)

    def _bury(self, delivery: Delivery) -> None:
        """Copied, then deleted: with bad luck, only copied."""
        if delivery.queue.endswith(POISON):
            return
        poison = delivery.queue + POISON
        self._queues.messages.setdefault(poison, {})
        self._wire.who = "host"
        self._queues.send(poison, delivery.message.body, 0, 7 * DAY_S)
        self._queues.delete(delivery.queue, delivery.message, delivery.receipt)

    def _invoke(
        self,
        machine: Machine,
        name: str,
        work: Work,
        ended: Callable[[bool], None] = lambda is_good: None,
    ) -> Invocation:
        return self._machines.invoke(machine, name, work, ended)

    def _soon(self, seconds: float, callback: Callable[[], None]) -> None:
        self._scheduler.at(self._scheduler.now_s + seconds, callback)


def _name(queue: str) -> str:
    if queue in (DELIVERY_QUEUE, TRANSFER_QUEUE):
        return "delivery" if queue == DELIVERY_QUEUE else "transfer"
    return "poison" if queue.endswith(POISON) else "attempt"


def _work(queue: str, message: Message) -> Work:
    """What function_app does with a message."""
    body = message.body.encode()
    if queue == DELIVERY_QUEUE:
        # In an order that is the same in every run of Python.
        return lambda services: dispatch(services, sorted(read_endpoints(body)))
    if queue == TRANSFER_QUEUE:
        return lambda services: transfer(services, sorted(read_endpoints(body)))
    if queue in (DELIVERY_QUEUE + POISON, TRANSFER_QUEUE + POISON):
        return lambda services: drop_endpoints(body)
    verb = examine_poison if queue.endswith(POISON) else run_attempt

    def work(services: Services) -> None:
        if read := read_message(body):
            verb(services, read)

    return work
