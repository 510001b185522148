"""A deployment with an account of its own, as a list of webhooks belongs to one, and a receiver."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devhost.azurite import Azurite
from harness.rig.receiver import Receiver, receiving
from lifecycle.services import Services, connect
from settings import Settings
from tests.api.conftest import KEY

NETWORKS = "127.0.0.1/32"


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An account of its own: a list of webhooks belongs to a deployment."""
    with Azurite.started(tmp_path_factory.mktemp("azurite")) as azurite:
        yield azurite.connection_string


@pytest.fixture
def services(storage: str, tmp_path: Path) -> Iterator[Services]:
    settings = Settings(  # type: ignore[call-arg]
        API_KEY=KEY,
        AzureWebJobsStorage=storage,
        OUTBOUND_ALLOWED_NETWORKS=NETWORKS,
        WORK_DIR=tmp_path / "work",
    )
    services = connect(settings)
    services.uploads.create()
    services.results.create()
    services.delivery_queue.create()
    yield services
    services.outbox._table.delete_table()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver
