"""The app, running: one for all acceptance tests of a process, with storage of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.rig.running import Setup, running
from harness.rig.service import Service
from harness.samples import accepted, media
from tests.acceptance.crowd import Crowd


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The app with the settings that it has when nobody chooses any, encoder threads apart."""
    folder = tmp_path_factory.mktemp("acceptance")
    with running(folder, Setup({"FFMPEG_THREADS": "2"})) as service:
        yield service


@pytest.fixture(scope="session")
def crowd(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    """A file of every format, odd names, liars and broken ones: uploaded together, all ended."""
    crowd = Crowd(accepted.make_all(tmp_path_factory.mktemp("media")))
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
    return accepted.make_long_clip(tmp_path_factory.mktemp("clip") / "long.mp4")
