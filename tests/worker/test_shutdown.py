"""A worker that is told to end: its jobs go back to the queue at once, and none is blamed."""

import subprocess
import threading
import time
from contextlib import suppress

import pytest

from errors import EncodingError, WorkerStoppedError
from lifecycle import attempt, stopping
from lifecycle.attempt import run_attempt
from processing.compress import Progress
from worker.shutdown import Shutdown

from .conftest import World


def stop_while_it_compresses(world: World, monkeypatch: pytest.MonkeyPatch, compress) -> None:
    message = world.accept("a.png", b"not looked at")
    monkeypatch.setattr(attempt, "compress", compress)
    run_attempt(world.services, message)


def test_an_attempt_stops_at_its_next_step_and_hands_its_job_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compress(source, folder, options, on_progress):
        world.services.shutdown.request()
        on_progress(Progress("encoding", 10))
        pytest.fail("it went on")

    stop_while_it_compresses(world, monkeypatch, compress)

    job = world.job("a.png")
    assert (job.status, job.error_code) == ("queued", "WORKER_STOPPED")
    assert (job.attempts, job.spent, job.deaths) == (1, 0, 0)
    assert job.next_attempt_at is not None
    assert job.next_attempt_at <= world.clock()
    assert len(world.take_messages()) == 1  # visible at once


def test_what_comes_of_killed_encoders_is_no_failure_of_the_job(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compress(source, folder, options, on_progress):
        world.services.shutdown.request()
        raise EncodingError

    stop_while_it_compresses(world, monkeypatch, compress)

    assert world.job("a.png").error_code == "WORKER_STOPPED"


def test_a_job_that_is_handed_back_often_keeps_all_its_tries(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)
    ending, times = world.services.shutdown, 2 * world.services.settings.max_retry_attempts

    def compress(source, folder, options, on_progress):
        ending.request()
        on_progress(Progress("encoding", 10))

    with monkeypatch.context() as patch:
        patch.setattr(attempt, "compress", compress)
        for _ in range(times):
            run_attempt(world.services, message)
            ending.is_requested = False  # a new worker
    run_attempt(world.services, message)

    job = world.job("a.png")
    assert (job.status, job.attempts, job.spent) == ("completed", times + 1, 1)


def test_no_attempt_begins_once_the_worker_is_to_end(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping, "END_LIMIT_S", 0.1)
    message = world.accept("a.png", photo)
    world.services.shutdown.request()

    with pytest.raises(WorkerStoppedError):
        run_attempt(world.services, message)

    assert (world.job("a.png").status, world.job("a.png").attempts) == ("queued", 0)


def test_a_result_that_is_being_delivered_is_delivered(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)
    monkeypatch.setattr(
        world.services.blobs.__class__,
        "store",
        stopping_first(world.services.shutdown, world.services.blobs.__class__.store),
    )

    run_attempt(world.services, message)

    assert world.job("a.png").status == "completed"


def stopping_first(ending: Shutdown, verb):
    def stopped(*args, **options):
        ending.request()
        return verb(*args, **options)

    return stopped


def test_whoever_works_for_an_attempt_is_killed_until_all_have_ended(tmp_path) -> None:
    ending = Shutdown()
    deaths: list[int] = []

    def work() -> None:
        with suppress(WorkerStoppedError), ending.attempt(), ending.working_in(tmp_path):
            # It starts another, as an encoder with a second try does.
            deaths.append(subprocess.run(["sleep", "60"], cwd=tmp_path).returncode)
            deaths.append(subprocess.run(["sleep", "60"], cwd=tmp_path).returncode)

    worker = threading.Thread(target=work)
    worker.start()
    while not ending._folders:
        time.sleep(0.01)

    assert ending.drain()
    worker.join()
    assert deaths == [-9, -9]


def test_who_does_not_let_go_is_not_waited_for_for_ever() -> None:
    ending = Shutdown()

    with ending.attempt():
        assert not ending.drain(limit_s=0.2)

    assert ending.drain(limit_s=0.2)
