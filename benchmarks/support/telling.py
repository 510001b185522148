"""What measurements of deliveries share: a service whose events go to receivers on this machine."""

import contextlib
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from pydantic import SecretStr

from devhost.azurite import Azurite
from harness.proxy.counting import Counted, counting
from harness.rig import receiver as receivers
from jobs.endpoint import Endpoint
from jobs.event import Event, EventType, Receiver, event_id
from jobs.signing import SigningSecret
from lifecycle.publish import deliver_to
from lifecycle.services import Services, connect
from settings import Settings


@dataclass
class Clock:
    """Real time, moved ahead by `offset`."""

    offset: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        """The moment."""
        return datetime.now(UTC) + self.offset


@dataclass(frozen=True, slots=True)
class Account:
    """One process of a deployment, whose calls to storage are counted."""

    services: Services
    counted: Counted
    clock: Clock


@contextlib.contextmanager
def account(*, is_counted: bool = True) -> Iterator[Account]:
    """Until the block ends; counting takes time of this very process."""
    with tempfile.TemporaryDirectory(prefix="mediaprocessor-bench-") as scratch:
        folder = Path(scratch)
        with Azurite.started(folder / "azurite") as azurite, counting(azurite.ports) as counted:
            clock = Clock()
            storage = counted.storage if is_counted else azurite.connection_string
            services = replace(connected(storage, folder), clock=clock)
            for each in (services.uploads, services.results, services.queue, services.jobs):
                each.create()
            for part in (services.history, services.alarms, services.outbox):
                part.create()
            services.delivery_queue.create()
            yield Account(services, counted, clock)


def connected(storage: str, folder: Path) -> Services:
    """A process that may send to this machine."""
    settings = Settings(  # type: ignore[call-arg]
        API_KEY=SecretStr(secrets.token_hex(32)),
        AzureWebJobsStorage=SecretStr(storage),
        WORK_DIR=folder / "work",
        OUTBOUND_ALLOWED_NETWORKS="127.0.0.0/8",
    )
    return connect(settings)


@contextlib.contextmanager
def listening(behaviour: str = "200") -> Iterator[receivers.Receiver]:
    """A receiver that behaves so, until the block ends."""
    with receivers.receiving() as receiver:
        receiver.behave(otherwise=behaviour)
        yield receiver


def webhook(services: Services, receiver: receivers.Receiver) -> str:
    """A webhook that leads to the receiver, however many there are; returns its id."""
    name, events = f"wh_{uuid4().hex[:20]}", frozenset({EventType.JOB_COMPLETED})
    now, secret = services.clock(), SigningSecret(name)
    services.endpoint_table.put(Endpoint(name, f"{receiver.url}/", events, now, secret))
    services.endpoints.forget()
    return name


def tell(services: Services, *endpoint_ids: str) -> str:
    """The completion of a job that has expired, for these; returns the event's id.

    As of any other job, its row is read for each attempt.
    """
    now, kind = services.clock(), EventType.JOB_COMPLETED
    data = '{"blob_name":"a.png"}'
    event = Event(event_id(now, uuid4().hex), kind, now, data, job_key="a.png")
    deliver_to(services, event, tuple(Receiver(each) for each in endpoint_ids))
    return event.id
