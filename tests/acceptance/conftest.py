"""The app, running: one for all acceptance tests of a process, with storage of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devhost.azurite import Azurite
from tests.acceptance import media_files
from tests.acceptance.crowd import Crowd
from tests.acceptance.host import Host
from tests.acceptance.service import Service, running
from tests.processing import media


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The app with the settings that it has when nobody chooses any, encoder threads apart."""
    folder = tmp_path_factory.mktemp("acceptance")
    with Azurite.started(folder / "azurite") as azurite:
        host = Host(azurite.connection_string, folder)
        with running(host) as service:
            yield service


@pytest.fixture(scope="session")
def crowd(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    """A file of every format, odd names, liars and broken ones: uploaded together, all ended."""
    crowd = Crowd(media_files.make_all(tmp_path_factory.mktemp("media")))
    crowd.settle(service)
    return crowd


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    media.photo((320, 240)).save(path)
    return path


@pytest.fixture(scope="session")
def small_photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "small.png"
    media.photo((100, 80), seed=2).save(path)
    return path


@pytest.fixture(scope="session")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return media_files.make_long_clip(tmp_path_factory.mktemp("clip") / "long.mp4")
