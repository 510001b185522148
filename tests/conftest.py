"""What every room's tests may ask for: a real Azurite, and an environment without our settings."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from httpx2._config import DEFAULT_TIMEOUT_CONFIG
from hypothesis import HealthCheck, settings

from devhost.azurite import Azurite
from tests.scheduling import RoomScheduling, long_ones_first

ROOT = Path(__file__).parents[1]
OUR_SETTINGS = frozenset(json.loads((ROOT / "local.settings.json.example").read_text())["Values"])

# The clients of tests wait as long as a busy machine takes, not the five seconds of the library.
for part in httpx2.Timeout(None).as_dict():
    setattr(DEFAULT_TIMEOUT_CONFIG, part, 120.0)

# No test fails because the machine is busy (time is measured by benchmarks), nor once in many runs:
# who changes a rule searches anew, with `--hypothesis-profile search`.
settings.register_profile(
    "search", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("same", settings.get_profile("search"), derandomize=True)
settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--azurite", action="store_true", help="the lifecycle's tests on Azurite, not in memory"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    long_ones_first(items, ROOT)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> RoomScheduling:
    return RoomScheduling(config, log)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own settings must not decide what a test sees."""
    for name in os.environ:
        if name.partition("__")[0] in OUR_SETTINGS:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """One Azurite for all tests of this process; tests tell their blobs and rows apart by name."""
    with Azurite.started(tmp_path_factory.mktemp("azurite")) as running:
        yield running


@pytest.fixture(scope="session")
def storage(azurite: Azurite) -> str:
    """The connection string of the shared Azurite."""
    return azurite.connection_string
