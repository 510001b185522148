"""A volume without room: the job waits with a code, its folder is freed, smaller jobs go on."""

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.samples import media
from jobs.message import JobMessage
from lifecycle import work
from lifecycle.attempt import run_attempt
from worker.work_folder import OWN_FOLDER, SPARE_BYTES

from .conftest import World

MEGABYTE = 1024 * 1024
# Inputs of up to four megabytes fit beside the spare room.
VOLUME_BYTES = SPARE_BYTES + 8 * MEGABYTE


@pytest.fixture
def small(world: World, tmp_path: Path) -> Iterator[World]:
    """The world with a real volume of its own for work, as small as the spare room allows."""
    volume = tmp_path / "volume"
    volume.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={VOLUME_BYTES}", "tmpfs", volume]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a volume")
    settings = world.services.settings.model_copy(update={"work_dir": volume})
    yield replace(world, services=replace(world.services, settings=settings))
    subprocess.run(["umount", volume], check=True)


def fill(world: World) -> Path:
    """Takes all that is left, as another program on the machine may."""
    filler = world.services.settings.work_dir / "filler"
    left = os.statvfs(filler.parent)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, left.f_bavail * left.f_frsize)
    return filler


def waits_for_room(world: World, name: str) -> bool:
    job = world.job(name)
    return (job.status, job.error_code, job.attempts) == ("queued", "DISK_FULL", 1)


def left_in(world: World) -> list[str]:
    root = world.services.settings.work_dir
    found = [*root.iterdir(), *(root / OWN_FOLDER).iterdir()]
    return [each.name for each in found if each.name != OWN_FOLDER]


def test_an_upload_that_does_not_fit_is_not_downloaded_and_a_smaller_one_is_done(
    small: World, photo: bytes
) -> None:
    large = small.accept("large.mp4", bytes(5 * MEGABYTE))
    run_attempt(small.services, large)
    after_large = left_in(small)

    run_attempt(small.services, small.accept("small.png", photo))

    assert waits_for_room(small, "large.mp4")
    assert small.job("large.mp4").stage is None
    assert after_large == []
    assert small.job("small.png").status == "completed"


def test_what_a_dead_worker_left_takes_no_room_from_the_next_upload(
    small: World, photo: bytes
) -> None:
    message = small.accept("a.png", photo)
    left = small.services.settings.work_dir / OWN_FOLDER / "job-dead"
    left.mkdir(parents=True)
    with (left / "source").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, 20 * MEGABYTE)

    run_attempt(small.services, message)

    assert small.job("a.png").status == "completed"
    assert left_in(small) == []


def test_a_volume_that_fills_up_is_cleared_for_the_next_attempt(
    small: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = small.accept("a.png", photo)
    left = small.services.settings.work_dir / OWN_FOLDER / "job-dead"

    def die_beside(*_: object) -> None:
        left.mkdir()
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(work, "compress", die_beside)
    run_attempt(small.services, message)

    assert waits_for_room(small, "a.png")
    assert not left.exists()


@pytest.fixture(params=["photo", "clip"])
def content(request: pytest.FixtureRequest, photo: bytes, tmp_path: Path) -> bytes:
    """What goes each of the two ways through the encoders."""
    return photo if request.param == "photo" else media.clip(tmp_path / "clip.mp4").read_bytes()


@pytest.mark.parametrize("stage", ["downloading", "encoding"])
def test_a_volume_that_fills_up_meanwhile_makes_the_job_wait_and_is_freed(
    small: World, content: bytes, monkeypatch, stage: str
) -> None:
    message = small.accept("a", content)
    with monkeypatch.context() as patch:
        if stage == "downloading":
            download = filled_before(small.services.uploads.download, small)
            patch.setattr(small.services.uploads, "download", download)
        else:
            patch.setattr(work, "compress", filled_before(work.compress, small))
        run_attempt(small.services, message)

    assert waits_for_room(small, "a")
    assert left_in(small) == ["filler"]

    assert_done_once_there_is_room(small, message)


def filled_before(step: Callable[..., Any], world: World) -> Callable[..., Any]:
    def fill_and_go_on(*args: object) -> Any:
        fill(world)
        return step(*args)

    return fill_and_go_on


def assert_done_once_there_is_room(world: World, message: JobMessage) -> None:
    (world.services.settings.work_dir / "filler").unlink()
    world.clock.advance(minutes=3)
    run_attempt(world.services, message)
    assert (world.job("a").status, world.job("a").attempts) == ("completed", 2)
    assert left_in(world) == []


def test_a_volume_without_room_for_a_folder_is_named(small: World, photo: bytes) -> None:
    message = small.accept("a.png", photo)
    volume = small.services.settings.work_dir
    out_of_inodes = ["mount", "-o", f"remount,size={VOLUME_BYTES},nr_inodes=1", volume]
    subprocess.run(out_of_inodes, check=True)

    run_attempt(small.services, message)

    assert waits_for_room(small, "a.png")
