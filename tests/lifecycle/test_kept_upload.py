"""An upload that cannot be deleted, here because a client leased it, harms nothing else."""

from collections.abc import Iterator

import pytest

from lifecycle.attempt import run_attempt
from lifecycle.intake import accept_blob
from lifecycle.sweep import sweep

from .conftest import World


@pytest.fixture
def completed(world: World, photo: bytes) -> Iterator[World]:
    world.put("a.png", photo)
    accept_blob(world.services, "a.png")
    lease = world.services.uploads._container.get_blob_client("a.png").acquire_lease()
    for message in world.take_messages():
        run_attempt(world.services, message)
    yield world
    lease.release()


def test_its_job_stays_completed(completed: World) -> None:
    job = completed.job("a.png")

    assert (job.status, job.error_code, completed.messages_waiting()) == ("completed", None, 0)
    assert completed.output("a.webp")


def test_its_result_still_goes_after_the_retention(completed: World) -> None:
    completed.clock.advance(minutes=11)

    sweep(completed.services)

    assert list(completed.services.results.all()) == []


def test_it_is_not_taken_for_a_new_upload(completed: World) -> None:
    completed.clock.advance(minutes=11)
    sweep(completed.services)

    completed.clock.advance(minutes=5)
    sweep(completed.services)

    assert completed.job("a.png").status == "completed"
    assert completed.take_messages() == []
