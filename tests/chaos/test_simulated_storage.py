"""What the simulation takes for storage behaves as Azurite does, as far as the app can tell."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from azure.core.exceptions import ResourceNotFoundError

from devhost.azurite import Azurite
from harness.chaos.history.event import History
from harness.chaos.simulation.craft import Craft
from harness.chaos.simulation.scheduler import Scheduler
from harness.chaos.simulation.seams import in_virtual_time
from harness.chaos.simulation.weather import forecast
from harness.chaos.simulation.wire import EPOCH, Wire
from harness.storage.account import Account
from harness.storage.blobs import BlobStore
from harness.storage.queues import Queues
from harness.storage.tables import Tables
from integrations.results import NewResult, ResultExistsError, Results
from integrations.tracking import JobTable
from integrations.uploads import UploadChangedError, Uploads
from jobs import transitions
from jobs.alarm import Alarm, Kind
from jobs.job import FencedError, Job, Status
from jobs.marks import Marks
from jobs.upload import Upload
from lifecycle import services as services_room
from lifecycle.services import Services, connect
from order import Order
from settings import Settings

MARKS = Marks(job="a", sha256="0")
NOW = datetime(2031, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)


@dataclass
class Storage:
    """The app's own clients, and how to run something that uses them."""

    services: Services
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

    def put(self, name: str, data: bytes) -> Upload:
        self.uploads._container.get_blob_client(name).upload_blob(data, overwrite=True)
        return self.uploads.get(name)

    def job(self, name: str) -> Job:
        return transitions.created(Upload(name, 5, "0x1", NOW), Order(), NOW)


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Azurite.started(tmp_path_factory.mktemp("azurite")) as running:
        yield running.connection_string


@pytest.fixture(params=["simulated", "azurite"])
def storage(request: pytest.FixtureRequest) -> Iterator[Storage]:
    if request.param == "simulated":
        with simulated() as storage:
            yield storage
        return
    storage = Storage(connect(settings_for(request.getfixturevalue("azurite"))))
    storage.uploads.create()
    storage.results.create()
    yield storage
    for upload in storage.uploads.all():
        storage.uploads.delete(upload.blob_name, upload.etag)
    for result in storage.results.all():
        storage.results.delete(result.name, result.etag)
    for status in Status:
        for job in storage.jobs.with_status(status):
            storage.jobs.delete(job)


@contextmanager
def simulated() -> Iterator[Storage]:
    scheduler = Scheduler(10_000)
    weather = replace(forecast(random.Random(1), 0), is_calm=True, page_size=2)
    wire = Wire(scheduler, weather, History(EPOCH, 600, 600, 3))
    parts = Account(BlobStore(wire, {"uploads": {}, "processed": {}}), Tables(wire), Queues(wire))

    def run(story: Callable[[], Any]) -> Any:
        found = []
        scheduler.start(scheduler.process("test"), "test", lambda: found.append(story()))
        scheduler.run_until(scheduler.now_s + 1000)
        return found[0]

    with in_virtual_time(wire, Craft(wire, random.Random(1), 1, 0), parts.clients()):
        yield Storage(connect(settings_for("UseDevelopmentStorage=true")), run)
        scheduler.end()


def settings_for(connection: str) -> Settings:
    return Settings(API_KEY=uuid4().hex, AzureWebJobsStorage=connection)


@contextmanager
def told(error):
    """What a block raised, by name."""
    raised = []
    try:
        yield raised
    except error as found:
        raised.append(type(found).__name__)


def file_of(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / uuid4().hex
    path.write_bytes(data)
    return path


def test_an_upload_is_read_and_deleted_in_its_version_only(storage, tmp_path):
    def story():
        old = storage.put("a.png", b"old")
        new = storage.put("a.png", b"newer")
        with told(UploadChangedError) as refused:
            storage.uploads.download(old, tmp_path / "old", lambda done: None)
        deleted = storage.uploads.delete("a.png", old.etag)
        storage.uploads.download(new, tmp_path / "new", lambda done: None)
        return refused, deleted, storage.uploads.delete("a.png", new.etag)

    assert storage.run(story) == (["UploadChangedError"], False, True)
    assert (tmp_path / "new").read_bytes() == b"newer"
    assert storage.run(lambda: storage.uploads.get("a.png")) is None


def test_a_result_is_created_once_and_replaced_in_its_version_only(storage, tmp_path):
    def store(data, replaces=None):
        path = file_of(tmp_path, data)
        return storage.results.store(NewResult("a.webp", path, "image/webp", MARKS), replaces)

    def story():
        first = store(b"one")
        with told(ResultExistsError) as again:
            store(b"two")
        second = store(b"three", first)
        with told(ResultExistsError) as stale:
            store(b"four", first)
        stored = storage.results.get("a.webp")
        assert (stored.etag, stored.marks, stored.size_bytes) == (second.etag, MARKS, 5)
        assert storage.results.stored_sha256(first) is None
        assert storage.results.stored_sha256(second) is not None
        return again + stale, storage.results.delete("a.webp", first.etag)

    assert storage.run(story) == (["ResultExistsError"] * 2, False)


def test_a_listing_shows_every_blob_in_order(storage):
    def story():
        for name in ("c.png", "a.png", "folder/b.png"):
            storage.put(name, b"data")
        return [(upload.blob_name, upload.size_bytes) for upload in storage.uploads.all()]

    assert storage.run(story) == [("a.png", 4), ("c.png", 4), ("folder/b.png", 4)]


def test_a_row_is_created_once_and_changed_in_its_version_only(storage):
    def story():
        first = storage.jobs.insert(storage.job("a.png"))
        with told(FencedError) as again:
            storage.jobs.insert(replace(storage.job("a.png"), upload_etag="0x2"))
        second = storage.jobs.replace(transitions.claimed(first, "one", NOW, timedelta(seconds=45)))
        with told(FencedError) as stale:
            storage.jobs.replace(transitions.claimed(first, "two", NOW, timedelta(seconds=45)))
        assert storage.jobs.get("a.png") == second
        return again + stale, storage.jobs.delete(first), storage.jobs.delete(second)

    assert storage.run(story) == (["FencedError"] * 2, False, True)
    assert storage.run(lambda: storage.jobs.get("a.png")) is None


def test_deleting_a_row_that_is_gone_is_no_error(storage):
    def story():
        job = storage.jobs.insert(storage.job("a.png"))
        return storage.jobs.delete(job), storage.jobs.delete(job)

    assert storage.run(story) == (True, True)


def test_a_refused_write_of_our_own_counts_as_ours(storage):
    def story():
        job = storage.jobs.insert(storage.job("a.png"))
        claimed = transitions.claimed(job, "one", NOW, timedelta(seconds=45))
        storage.jobs.replace(claimed)
        return storage.jobs.replace(claimed) == storage.jobs.get("a.png")

    assert storage.run(story)


def test_rows_are_found_by_status(storage):
    def story():
        for number, name in enumerate(("a.png", "b.png", "c.png")):
            job = storage.jobs.insert(storage.job(name))
            if number:
                storage.jobs.replace(replace(job, status=Status.COMPLETED))
        return [job.blob_name for job in storage.jobs.with_status(Status.COMPLETED)]

    assert storage.run(story) == ["b.png", "c.png"]


def test_alarms_are_found_by_their_time(storage):
    def story():
        alarms = storage.services.alarms
        set_for = [Alarm(Kind.WAITING, "a", NOW + timedelta(minutes=each)) for each in (3, 1, 2)]
        for alarm in set_for:
            alarms.set(alarm)
            alarms.set(alarm)
        due = list(alarms.due(Kind.WAITING, NOW + timedelta(minutes=3)))
        for alarm in set_for:
            alarms.clear(alarm)
            alarms.clear(alarm)
        left = list(alarms.due(Kind.WAITING, NOW + timedelta(minutes=9)))
        return [(alarm.at - NOW) / timedelta(minutes=1) for alarm in due], left

    assert storage.run(story) == ([1, 2], [])


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
