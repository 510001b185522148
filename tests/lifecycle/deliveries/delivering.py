"""A service whose events go to receivers on this machine, and a test that is its host."""

import base64
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from azure.storage.queue import QueueServiceClient
from standardwebhooks import Webhook

from harness.rig.receiver import Receiver, receiving
from harness.storage.queues import Queues
from integrations.delivery_queue import DELIVERY_QUEUE
from integrations.destinations.webhook import WebhookDestination
from jobs.delivery import Delivery
from jobs.delivery_message import decode
from jobs.endpoint import Endpoint, EndpointKind
from jobs.event import SUBSCRIBABLE
from jobs.job import Job
from lifecycle import failpoints
from lifecycle.attempt import run_attempt
from lifecycle.dispatcher import dispatch
from lifecycle.endpoints import create_endpoint, secret_of
from lifecycle.failpoints import Point
from lifecycle.intake import accept_blob
from lifecycle.rescue import rescue
from lifecycle.services import Services, connect
from tests.lifecycle.conftest import World

NETWORKS = "127.0.0.0/8"
# How long a receiver may take here; the product waits for 15 seconds.
ANSWER_LIMIT_S = 2.0
# A claim is for half a minute.
LEASE_S = 31


class Death(BaseException):
    """What ends a process is no Exception: nobody may catch it."""


@dataclass
class Delivering:
    """What happens around deliveries."""

    world: World
    services: Services
    queue: QueueServiceClient | Queues
    stack: ExitStack
    receivers: dict[str, Receiver] = field(default_factory=dict)

    def webhook(self, *behaviour: str, events: Any = SUBSCRIBABLE, otherwise: str = "200") -> str:
        """A new receiver that behaves so, and a webhook that leads there; returns its id."""
        receiver = self.stack.enter_context(receiving())
        receiver.behave(*behaviour, otherwise=otherwise)
        endpoint = create_endpoint(self.services, f"{receiver.url}/hook", events, "")
        self.receivers[endpoint.id] = receiver
        return endpoint.id

    def process(self, **given: Any) -> Services:
        """Another process of the same deployment."""
        return services_of(self.world, **given)

    def fail(self, name: str, services: Services | None = None) -> Job:
        """An upload that cannot be accepted: its job has ended when this returns."""
        self.world.put(name, b"")
        accept_blob(services or self.services, name)
        return self.world.job(name)

    def complete(self, name: str, photo: bytes) -> Job:
        """An upload that becomes smaller."""
        self.world.put(name, photo)
        job = accept_blob(self.services, name)
        assert job is not None
        run_attempt(self.services, job.message(self.services.clock()))
        return self.world.job(name)

    def woken(self) -> set[str]:
        """The endpoints that messages name which the host would hand out now; taken for good."""
        found: set[str] = set()
        client = self.queue.get_queue_client(DELIVERY_QUEUE)
        for message in client.receive_messages(messages_per_page=32):
            client.delete_message(message)
            found |= decode(base64.b64decode(message.content))
        return found

    def dispatch(self, *endpoint_ids: str) -> None:
        """As if a message for these came, or for all."""
        dispatch(self.services, endpoint_ids or tuple(self.receivers))

    def delivery(self, job: Job, endpoint_id: str) -> Delivery:
        """Of a job's end to that endpoint."""
        (key,) = [key for key in job.published if key.endpoint_id == endpoint_id]
        found = self.services.outbox.get(key)
        assert found is not None
        return found

    def endpoint(self, endpoint_id: str) -> Endpoint:
        """As the list has it now."""
        found = {each.id: each for each in self.services.endpoint_table.read().endpoints}
        return found[endpoint_id]

    def due_in(self, endpoint_id: str) -> timedelta | None:
        """How long until something is due there."""
        waiting = self.services.outbox.waiting(endpoint_id, 1).deliveries
        return waiting[0].due - self.services.clock() if waiting else None


def services_of(world: World, **given: Any) -> Services:
    """A process that may send to this machine."""
    settings = world.services.settings.model_copy(
        update={"outbound_allowed_networks": NETWORKS} | given
    )
    services = replace(connect(settings), clock=world.clock)
    destination = WebhookDestination(
        services.outbound, services.secret_keys, settings.allowed_networks, ANSWER_LIMIT_S
    )
    destinations = {**services.destinations, EndpointKind.WEBHOOK: destination}
    return replace(services, destinations=destinations)


def delivering(world: World) -> Iterator[Delivering]:
    """For the fixture of that name."""
    services = services_of(world)
    services.delivery_queue.create()
    with ExitStack() as stack:
        yield Delivering(world, services, world.queue, stack)
        world.queue.get_queue_client(DELIVERY_QUEUE).clear_messages()
        services.outbox._table.delete_table()


def dying_at(monkeypatch: Any) -> Callable[[Point], None]:
    """A function that lets the process die when it next comes to that moment, once."""

    def die(point: Point) -> None:
        def reached(at: Point) -> None:
            if at is point:
                monkeypatch.setattr(failpoints, "reached", lambda _: None)
                raise Death(point)

        monkeypatch.setattr(failpoints, "reached", reached)

    return die


def arrive(post: Delivering, endpoint_id: str) -> list[dict]:
    """What has arrived there, verified as its receiver would."""
    secret = secret_of(post.services, post.endpoint(endpoint_id).secret)
    return [
        Webhook(secret).verify(each.body, dict(each.headers))
        for each in post.receivers[endpoint_id].received
    ]


def rescue_until_quiet(post: Delivering) -> None:
    """The quick timer for two minutes, and what its messages lead to."""
    for _ in range(4):
        post.world.clock.advance(seconds=30)
        rescue(post.services)
        if endpoint_ids := post.woken():
            dispatch(post.services, endpoint_ids)


def go_on(post: Delivering, endpoint_id: str, times: int) -> list[timedelta]:
    """Whatever is due there is sent as soon as it is due, so often; returns the pauses."""
    pauses = []
    for _ in range(times):
        pause = post.due_in(endpoint_id)
        if pause is None:
            break
        pauses.append(pause)
        post.world.clock.advance(seconds=max(0.0, pause.total_seconds()))
        post.dispatch(endpoint_id)
    return pauses


def first_due(post: Delivering, endpoint_id: str) -> Delivery:
    return post.services.outbox.waiting(endpoint_id, 1).deliveries[0]
