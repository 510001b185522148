"""An app that notices quickly when an attempt has died, and files for it to work on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from devhost.azurite import Azurite
from harness.chaos.quick import QUICK
from harness.rig.running import Setup, app_running
from harness.rig.service import Service
from harness.samples import accepted, media

SETUP = Setup(QUICK, options=("--queue-lease-seconds", "2"))


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of storage that nobody else uses: each message has one reader."""
    with Azurite.started(tmp_path_factory.mktemp("azurite")) as azurite:
        yield azurite.connection_string


@pytest.fixture
def service(account: str, tmp_path: Path) -> Iterator[Service]:
    """An app of the test's own: a host that lost many workers is slow to start another."""
    with app_running(account, tmp_path, SETUP) as service:
        yield service


@pytest.fixture(scope="session")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return accepted.make_long_clip(tmp_path_factory.mktemp("clip") / "long.mp4")


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    media.photo((320, 240)).save(path)
    return path


@pytest.fixture(scope="session")
def grain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of nothing but noise: its result has megabytes, which take a while to store."""
    path = tmp_path_factory.mktemp("photo") / "grain.jpg"
    bands = [Image.effect_noise((1600, 1600), 120) for _ in range(3)]
    Image.merge("RGB", bands).save(path, quality=98)
    return path
