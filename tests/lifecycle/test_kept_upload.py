"""An upload that cannot be deleted, here because a client leased it, harms nothing else."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from azure.core.exceptions import AzureError

from lifecycle.attempt import run_attempt
from lifecycle.intake import accept_blob
from lifecycle.sweep import sweep

from .conftest import World


@pytest.fixture
def lease(world: World, photo: bytes) -> Iterator[Any]:
    world.put("a.png", photo)
    accept_blob(world.services, "a.png")
    lease = world.services.uploads._container.get_blob_client("a.png").acquire_lease()
    yield lease
    with suppress(AzureError):
        lease.release()


@pytest.fixture
def completed(world: World, lease: Any) -> World:
    for message in world.take_messages():
        run_attempt(world.services, message)
    return world


def test_its_job_stays_completed(completed: World) -> None:
    job = completed.job("a.png")

    assert (job.status, job.error_code, completed.messages_waiting()) == ("completed", None, 0)
    assert completed.output("a.webp")


def test_its_result_still_goes_after_the_retention(completed: World) -> None:
    completed.clock.advance(minutes=11)

    sweep(completed.services)

    assert list(completed.services.results.all()) == []


def test_its_job_ends_all_the_same_and_it_is_not_taken_for_a_new_upload(
    completed: World, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(20):
        completed.clock.advance(minutes=11)
        sweep(completed.services)

    assert completed.past("a.png").status == "expired"
    assert completed.services.jobs.get("a.png") is None
    assert completed.take_messages() == []
    assert caplog.text.count("could not be deleted") == 1
    assert "Traceback" not in caplog.text


def test_its_history_is_known_for_as_long_as_it_is_there(completed: World, lease: Any) -> None:
    for days in (1, 31, 31, 31):
        completed.clock.advance(days=days)
        sweep(completed.services)
        sweep(completed.services)

    assert completed.past("a.png").status == "expired"
    assert completed.services.jobs.get("a.png") is None

    lease.release()
    for _ in range(2):
        completed.clock.advance(days=31)
        sweep(completed.services)

    assert completed.services.history.get("a.png") is None
    assert list(completed.services.uploads.all()) == []


def test_it_goes_soon_after_it_is_released(completed: World, lease: Any) -> None:
    completed.clock.advance(minutes=11)
    sweep(completed.services)

    lease.release()
    for _ in range(4):
        completed.clock.advance(minutes=11)
        sweep(completed.services)

    assert list(completed.services.uploads.all()) == []


def test_that_of_a_failed_job_does_not_hold_it_either(world: World) -> None:
    world.put("bad.png", b"not a picture")
    accept_blob(world.services, "bad.png")
    kept = world.services.uploads._container.get_blob_client("bad.png").acquire_lease()
    for message in world.take_messages():
        run_attempt(world.services, message)

    world.clock.advance(hours=25)
    sweep(world.services)
    world.clock.advance(minutes=11)
    sweep(world.services)

    assert world.past("bad.png").status == "expired"
    assert world.services.jobs.get("bad.png") is None
    kept.release()
