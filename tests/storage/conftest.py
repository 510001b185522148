"""Three storages: Azurite, and ours in memory, straight and in the simulator's virtual time."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from azure.storage.queue import QueueServiceClient

from devhost.azurite import Azurite
from harness.chaos.history.event import History
from harness.chaos.simulation.craft import Craft
from harness.chaos.simulation.scheduler import Scheduler
from harness.chaos.simulation.seams import in_virtual_time
from harness.chaos.simulation.weather import forecast
from harness.chaos.simulation.wire import EPOCH, Wire
from harness.storage.account import CONNECTION_STRING, Account, storage_in_memory
from harness.storage.queues import Queues
from integrations.results import Results
from integrations.tracking import JobTable
from integrations.uploads import Uploads
from jobs import transitions
from jobs.job import Job
from jobs.upload import Upload
from lifecycle.services import Services, connect
from order import Order
from settings import Settings

NOW = datetime(2031, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)


@dataclass
class Storage:
    """The app's own clients, the host's, and how to run something that uses them."""

    services: Services
    hosts: QueueServiceClient | Queues
    run: Callable[[Callable[[], Any]], Any] = field(default=lambda story: story())

    @property
    def uploads(self) -> Uploads:
        return self.services.uploads

    @property
    def results(self) -> Results:
        return self.services.results

    @property
    def jobs(self) -> JobTable:
        return self.services.jobs

    def put(self, name: str, data: bytes, **metadata: str) -> Upload:
        blob = self.uploads._container.get_blob_client(name)
        blob.upload_blob(data, overwrite=True, metadata=metadata)
        return self.uploads.get(name)

    def job(self, name: str) -> Job:
        return transitions.created(Upload(name, 5, "0x1", NOW), Order(), NOW)


@pytest.fixture(scope="session")
def own_azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Azurite.started(tmp_path_factory.mktemp("azurite")) as running:
        yield running.connection_string


@pytest.fixture(params=["azurite", "in memory", "in virtual time"])
def account(request: pytest.FixtureRequest) -> Iterator[Storage]:
    """Empty: no container, no table, no queue."""
    if request.param == "in virtual time":
        with simulated() as storage:
            yield storage
    elif request.param == "in memory":
        with storage_in_memory() as parts:
            yield Storage(connect(settings_for(CONNECTION_STRING)), parts.queues)
    else:
        connection = request.getfixturevalue("own_azurite")
        hosts = QueueServiceClient.from_connection_string(connection)
        storage = Storage(connect(settings_for(connection)), hosts)
        yield storage
        clear(storage)


@pytest.fixture
def storage(account: Storage) -> Storage:
    """With the containers that the app makes at its start."""

    def prepare() -> None:
        account.uploads.create()
        account.results.create()

    account.run(prepare)
    return account


def clear(storage: Storage) -> None:
    """What a test left on Azurite."""
    for container in (storage.uploads._container, storage.results._container):
        if container.exists():
            container.delete_container()
    services = storage.services
    for table in (storage.jobs, services.history, services.alarms, services.outbox):
        table._table.delete_table()
    for queue in storage.hosts.list_queues():
        storage.hosts.delete_queue(queue)


@contextmanager
def simulated() -> Iterator[Storage]:
    """Without faults, and with pages of two."""
    scheduler = Scheduler(10_000)
    weather = replace(forecast(random.Random(1), 0), is_calm=True, page_size=2)
    wire = Wire(scheduler, weather, History(EPOCH, 600, 600, 3))
    parts = Account.new(wire)

    def run(story: Callable[[], Any]) -> Any:
        found = []
        scheduler.start(scheduler.process("test"), "test", lambda: found.append(story()))
        scheduler.run_until(scheduler.now_s + 1000)
        return found[0]

    with in_virtual_time(wire, Craft(wire, random.Random(1), 1, 0), parts.clients()):
        yield Storage(connect(settings_for(CONNECTION_STRING)), parts.queues, run)
        scheduler.end()


def settings_for(connection: str) -> Settings:
    return Settings(API_KEY=uuid4().hex, AzureWebJobsStorage=connection)
