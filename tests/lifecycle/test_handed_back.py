"""A worker that is told to end: its jobs go back to the queue at once, and none is blamed."""

import pytest

from errors import EncodingError, WorkerStoppedError
from integrations.results import Results
from lifecycle import work
from lifecycle.attempt import run_attempt
from processing.progress import Progress, Stage
from worker import shutdown
from worker.shutdown import Shutdown

from .conftest import World


def stop_while_it_compresses(world: World, monkeypatch: pytest.MonkeyPatch, compress) -> None:
    message = world.accept("a.png", b"not looked at")
    monkeypatch.setattr(work, "compress", compress)
    run_attempt(world.services, message)


def test_an_attempt_stops_at_its_next_step_and_hands_its_job_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compress(source, folder, order, allowance, on_progress):
        world.services.shutdown.request()
        on_progress(Progress(Stage.ENCODING, 10))
        pytest.fail("it went on")

    stop_while_it_compresses(world, monkeypatch, compress)

    job = world.job("a.png")
    assert (job.status, job.error_code) == ("queued", "WORKER_STOPPED")
    assert (job.attempts, job.attempts_counted, job.vanished_attempts) == (1, 0, 0)
    assert job.next_attempt_at is not None
    assert job.next_attempt_at <= world.clock()
    assert len(world.take_messages()) == 1  # visible at once


def test_what_comes_of_killed_encoders_is_no_failure_of_the_job(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compress(source, folder, order, allowance, on_progress):
        world.services.shutdown.request()
        raise EncodingError

    stop_while_it_compresses(world, monkeypatch, compress)

    assert world.job("a.png").error_code == "WORKER_STOPPED"


def test_a_job_that_is_handed_back_often_keeps_all_its_tries(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)
    ending, times = world.services.shutdown, 2 * world.services.settings.max_retry_attempts

    def compress(source, folder, order, allowance, on_progress):
        ending.request()
        on_progress(Progress(Stage.ENCODING, 10))

    with monkeypatch.context() as patch:
        patch.setattr(work, "compress", compress)
        for _ in range(times):
            run_attempt(world.services, message)
            ending.is_requested = False  # a new worker
    run_attempt(world.services, message)

    job = world.job("a.png")
    assert (job.status, job.attempts, job.attempts_counted) == ("completed", times + 1, 1)


def test_no_job_is_claimed_once_the_worker_is_to_end(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutdown, "END_LIMIT_S", 0.1)
    message = world.accept("a.png", photo)
    world.services.shutdown.request()

    with pytest.raises(WorkerStoppedError):
        run_attempt(world.services, message)

    assert (world.job("a.png").status, world.job("a.png").attempts) == ("queued", 0)


def test_a_result_that_is_being_stored_is_stored(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)
    monkeypatch.setattr(Results, "store", stopping_first(world.services.shutdown, Results.store))

    run_attempt(world.services, message)

    assert world.job("a.png").status == "completed"


def stopping_first(ending: Shutdown, verb):
    def stopped(*args, **options):
        ending.request()
        return verb(*args, **options)

    return stopped
