"""A file that kills its worker does so three times; who worked beside it is done in the end."""

import threading

import pytest

from integrations.tracking import _job
from jobs.job import Job
from lifecycle import attempt
from lifecycle.attempt import run_attempt

from .conftest import World


class WorkerKilledError(BaseException):
    """Ends an attempt without a word, as SIGKILL does; the rest of this process lives on."""


def dies(world: World, message, monkeypatch: pytest.MonkeyPatch) -> None:
    """One attempt that vanishes, and the end of its lease."""

    def die(*_: object) -> None:
        raise WorkerKilledError

    with monkeypatch.context() as patch:
        patch.setattr(attempt, "compress", die)
        with pytest.raises(WorkerKilledError):
            run_attempt(world.services, message)
    world.clock.advance(seconds=world.services.settings.lease_s + 2)


def test_the_third_death_is_the_last(world: World, photo: bytes, monkeypatch) -> None:
    message = world.accept("deadly.png", photo)
    for _ in range(3):
        dies(world, message, monkeypatch)

    run_attempt(world.services, message)

    job = world.job("deadly.png")
    assert (job.status, job.error_code, job.attempts) == ("failed", "WORKER_LOST", 3)
    assert world.services.blobs.upload("deadly.png") is not None


def test_after_two_deaths_a_file_may_still_come_out_well(
    world: World, photo: bytes, monkeypatch
) -> None:
    message = world.accept("a.png", photo)
    for _ in range(2):
        dies(world, message, monkeypatch)

    run_attempt(world.services, message)

    assert (world.job("a.png").status, world.job("a.png").attempts) == ("completed", 3)


def test_files_at_their_last_chance_are_not_worked_on_side_by_side(
    world: World, photo: bytes, monkeypatch
) -> None:
    messages = [world.accept(name, photo) for name in ("first.png", "second.png")]
    for _ in range(2):
        for message in messages:
            dies(world, message, monkeypatch)
    begun, may_end, compress = threading.Event(), threading.Event(), attempt.compress

    def take_long(*args):
        begun.set()
        may_end.wait(20)
        return compress(*args)

    monkeypatch.setattr(attempt, "compress", take_long)
    first = threading.Thread(target=run_attempt, args=(world.services, messages[0]))
    first.start()
    begun.wait(20)
    run_attempt(world.services, messages[1])
    beside_the_first = world.job("second.png")
    may_end.set()
    first.join()

    world.clock.advance(seconds=world.services.settings.lease_s + 2)
    run_attempt(world.services, messages[1])

    assert beside_the_first.attempts == 2
    assert [world.job(name).status for name in ("first.png", "second.png")] == ["completed"] * 2


def test_a_row_of_an_earlier_version_is_read_with_what_was_not_known_then(
    world: World, photo: bytes
) -> None:
    world.accept("a.png", photo)
    entity = world.services.jobs._table.get_entity("jobs", world.job("a.png").key)
    del entity["lost"], entity["lighter"]

    job = _job(entity)

    assert isinstance(job, Job)
    assert (job.lost, job.lighter) == (0, 0)
