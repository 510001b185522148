"""A whole service without a host: storage, real encoders, and a clock that can be moved."""

import base64
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from azure.storage.queue import QueueServiceClient
from PIL import Image

from devhost.azurite import Azurite
from harness.storage.account import CONNECTION_STRING, storage_in_memory
from harness.storage.queues import Queues
from integrations.job_queue import HIGH_QUEUE, QUEUE
from jobs import transitions
from jobs.alarm import Alarm, Kind
from jobs.job import Job
from jobs.message import JobMessage, decode
from jobs.stage import Stage
from jobs.upload import Upload
from lifecycle.intake import accept_blob
from lifecycle.services import Services, connect
from settings import Settings

LEASE = timedelta(seconds=5)


@dataclass
class Clock:
    """Real time, moved ahead by `offset`."""

    offset: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def advance(self, **units: float) -> None:
        self.offset += timedelta(**units)


@dataclass
class World:
    """The service, and what its clients and its host would do."""

    services: Services
    clock: Clock
    queue: QueueServiceClient | Queues  # as the host sees the account's

    def put(self, name: str, data: bytes, **metadata: str) -> Upload:
        """A client uploads."""
        container = self.services.uploads._container
        container.upload_blob(name, data, overwrite=True, metadata=metadata)
        upload = self.services.uploads.get(name)
        assert upload is not None
        return upload

    def accept(self, name: str, data: bytes, **metadata: str) -> JobMessage:
        """A client uploads, the trigger fires; returns the message that wakes a worker."""
        self.put(name, data, **metadata)
        accept_blob(self.services, name)
        (message,) = self.take_messages()
        return message

    def job(self, name: str) -> Job:
        """The row of an upload."""
        job = self.services.jobs.get(name)
        assert job is not None
        return job

    def claim(self, name: str, attempt_id: str, lease: timedelta = LEASE) -> Job:
        """An attempt at the job begins, of another worker or of the test's own."""
        claimed = transitions.claimed(self.job(name), attempt_id, self.clock(), lease)
        return self.services.jobs.replace(claimed)

    def heartbeat(self, progress: float, lease: timedelta = LEASE) -> Callable[[Job], Job]:
        """What the row becomes by one that is that far."""
        return lambda job: transitions.with_heartbeat(
            job, self.clock(), lease, Stage.ENCODING, progress
        )

    def past(self, name: str) -> Job:
        """What is known of a job that has expired."""
        assert self.services.jobs.get(name) is None
        job = self.services.history.get(name)
        assert job is not None
        return job

    def alarms(self, **ahead: float) -> list[Alarm]:
        """Those that ring until so much later."""
        until = self.clock() + timedelta(**ahead)
        return [alarm for kind in Kind for alarm in self.services.alarms.due(kind, until)]

    def clear_alarms(self) -> None:
        """As if nobody had set any."""
        for alarm in self.alarms(days=1):
            self.services.alarms.clear(alarm)

    def take_messages(self) -> list[JobMessage]:
        """What the host would hand to the queue trigger now; taken for good."""
        taken = []
        for client in map(self.queue.get_queue_client, (QUEUE, HIGH_QUEUE)):
            for message in client.receive_messages(messages_per_page=32):
                client.delete_message(message)
                taken.append(decode(base64.b64decode(message.content)))
        return taken

    def messages_waiting(self) -> int:
        """How many messages there are, visible or not."""
        clients = map(self.queue.get_queue_client, (QUEUE, HIGH_QUEUE))
        return sum(each.get_queue_properties().approximate_message_count or 0 for each in clients)

    def output(self, name: str) -> bytes:
        """A stored result."""
        return self.services.results.client(name).download_blob().readall()


@pytest.fixture(scope="session")
def own_azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """The sweep looks at everything in the account, so these tests have one of their own."""
    with Azurite.started(tmp_path_factory.mktemp("azurite")) as running:
        yield running


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """On storage in memory; with --azurite, or where a test is marked so, on a real one."""
    if request.config.getoption("azurite") or request.node.get_closest_marker("azurite"):
        yield from on_azurite(request.getfixturevalue("own_azurite").connection_string, tmp_path)
        return
    with storage_in_memory() as account:
        clock = Clock()
        yield World(serving(CONNECTION_STRING, tmp_path, clock), clock, account.queues)


def serving(storage: str, folder: Path, clock: Clock) -> Services:
    """The service on that account, ready for uploads."""
    settings = Settings(  # type: ignore[call-arg]
        API_KEY=uuid4().hex,
        AzureWebJobsStorage=storage,
        WORK_DIR=folder / "work",
        HEARTBEAT_SECONDS=1,
        LEASE_SECONDS=LEASE.seconds,
        MAX_UPLOAD_MEGABYTES=8,
    )
    services = replace(connect(settings), clock=clock)
    services.uploads.create()
    services.results.create()
    services.queue.create()
    return services


def on_azurite(storage: str, folder: Path) -> Iterator[World]:
    """What a test leaves there is cleared away: a sweep looks at everything in the account."""
    clock = Clock()
    services = serving(storage, folder, clock)
    yield World(services, clock, QueueServiceClient.from_connection_string(storage))
    for upload in services.uploads.all():
        services.uploads.delete(upload.blob_name, upload.etag)
    for output in services.results.all():
        services.results.delete(output.name, output.etag)
    for each in services.queue._queues.values():
        each.clear_messages()
    for table in (services.jobs, services.history, services.alarms):
        table._table.delete_table()


@pytest.fixture
def photo() -> bytes:
    """A picture with enough detail that WebP makes it smaller."""
    gradient = Image.radial_gradient("L").resize((320, 240))
    picture = Image.merge("RGB", (gradient, gradient.rotate(90), gradient.rotate(180)))
    with io.BytesIO() as file:
        picture.save(file, "PNG")
        return file.getvalue()
