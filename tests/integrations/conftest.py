"""The integrations on a real Azurite, with names that no other test uses."""

import sys
from collections.abc import Iterator
from uuid import uuid4

import pytest

from integrations.alarm_table import AlarmTable
from integrations.job_queue import JobQueue
from integrations.links import Links
from integrations.results import Results
from integrations.storage import blob_service, queue_client, table_client
from integrations.tracking import JobTable
from integrations.uploads import Uploads
from settings import Settings


class Connects:
    """Notes every connection that this process tries to make; hooks stay for good."""

    def __init__(self) -> None:
        self.seen: list[object] | None = None
        sys.addaudithook(self._note)

    def _note(self, event: str, args: tuple[object, ...]) -> None:
        if event == "socket.connect" and self.seen is not None:
            self.seen.append(args[1])


CONNECTS = Connects()


@pytest.fixture
def connects() -> Iterator[list[object]]:
    CONNECTS.seen = []
    yield CONNECTS.seen
    CONNECTS.seen = None


@pytest.fixture
def settings(storage: str) -> Settings:
    return Settings(API_KEY=uuid4().hex, AzureWebJobsStorage=storage)  # type: ignore[call-arg]


@pytest.fixture
def uploads(settings: Settings) -> Uploads:
    uploads = Uploads(blob_service(settings))
    uploads.create()
    return uploads


@pytest.fixture
def results(settings: Settings) -> Results:
    results = Results(blob_service(settings))
    results.create()
    return results


@pytest.fixture
def links(settings: Settings) -> Links:
    service = blob_service(settings)
    return Links(service, str(service.account_name))


@pytest.fixture
def table(settings: Settings) -> JobTable:
    return JobTable(table_client(settings, f"jobs{uuid4().hex}"))


@pytest.fixture
def queue(settings: Settings) -> JobQueue:
    name = f"jobs-{uuid4().hex}"
    return JobQueue(queue_client(settings, name), queue_client(settings, f"{name}-high"))


@pytest.fixture
def alarms(settings: Settings) -> AlarmTable:
    return AlarmTable(table_client(settings, f"alarms{uuid4().hex}"))
