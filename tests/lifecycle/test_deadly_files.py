"""A file that kills its worker does so three times; who worked beside it is done in the end."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from integrations.job_row import job_of
from jobs.job import Job
from jobs.message import JobMessage
from lifecycle import work
from lifecycle.attempt import run_attempt
from processing.compress import compress
from worker import exclusive

from .conftest import World


class WorkerKilledError(BaseException):
    """Ends an attempt without a word, as SIGKILL does; the rest of this process lives on."""


def dies(world: World, message, monkeypatch: pytest.MonkeyPatch) -> None:
    """One attempt that vanishes, and the end of its lease."""

    def die(*_: object) -> None:
        raise WorkerKilledError

    with monkeypatch.context() as patch:
        patch.setattr(work, "compress", die)
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
    assert world.services.uploads.get("deadly.png") is not None


def test_after_two_deaths_a_file_may_still_come_out_well(
    world: World, photo: bytes, monkeypatch
) -> None:
    message = world.accept("a.png", photo)
    for _ in range(2):
        dies(world, message, monkeypatch)

    run_attempt(world.services, message)

    assert (world.job("a.png").status, world.job("a.png").attempts) == ("completed", 3)


@dataclass
class Slow:
    """Compression of which the first takes as long as the test wants."""

    begun: threading.Event = field(default_factory=threading.Event)
    may_end: threading.Event = field(default_factory=threading.Event)

    def __call__(self, *args):
        is_first = not self.begun.is_set()
        self.begun.set()
        if is_first:
            self.may_end.wait(20)
        return compress(*args)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    """The compression of the test; whoever waits for a turn does so for a moment only."""
    monkeypatch.setattr(exclusive, "WAIT_LIMIT_S", 0.5)
    slow = Slow()
    monkeypatch.setattr(work, "compress", slow)
    yield slow
    slow.may_end.set()


@contextmanager
def at_work(world: World, message, slow: Slow) -> Iterator[None]:
    """Until the block ends."""
    thread = threading.Thread(target=run_attempt, args=(world.services, message))
    thread.start()
    try:
        assert slow.begun.wait(20)
        yield
    finally:
        slow.may_end.set()
        thread.join()


def at_its_last_chance(world: World, photo: bytes, monkeypatch) -> tuple[JobMessage, JobMessage]:
    """The messages of an innocent file after two deaths, and of one that nobody knows."""
    innocent, unknown = (world.accept(name, photo) for name in ("innocent.png", "unknown.png"))
    for _ in range(2):
        dies(world, innocent, monkeypatch)
    return innocent, unknown


def test_files_at_their_last_chance_are_not_worked_on_side_by_side(
    world: World, photo: bytes, monkeypatch, slow: Slow
) -> None:
    messages = [world.accept(name, photo) for name in ("first.png", "second.png")]
    for _ in range(2):
        for message in messages:
            dies(world, message, monkeypatch)

    with at_work(world, messages[0], slow):
        run_attempt(world.services, messages[1])
        beside_the_first = world.job("second.png")
    world.clock.advance(seconds=world.services.settings.lease_s + 2)
    run_attempt(world.services, messages[1])

    assert beside_the_first.attempts == 2
    assert [world.job(name).status for name in ("first.png", "second.png")] == ["completed"] * 2


def test_nobody_begins_beside_a_file_at_its_last_chance(
    world: World, photo: bytes, monkeypatch, slow: Slow
) -> None:
    innocent, unknown = at_its_last_chance(world, photo, monkeypatch)

    with at_work(world, innocent, slow):
        run_attempt(world.services, unknown)

    assert world.job("innocent.png").status == "completed"
    assert (world.job("unknown.png").status, world.job("unknown.png").attempts) == ("queued", 0)


def test_a_file_at_its_last_chance_waits_for_an_idle_worker_but_not_for_ever(
    world: World, photo: bytes, monkeypatch, slow: Slow
) -> None:
    innocent, unknown = at_its_last_chance(world, photo, monkeypatch)

    with at_work(world, unknown, slow):
        run_attempt(world.services, innocent)
        beside_another = world.job("innocent.png")
        world.clock.advance(minutes=31)
        run_attempt(world.services, innocent)
        assert not slow.may_end.is_set()

    assert beside_another.attempts == 2
    assert (world.job("innocent.png").status, world.job("innocent.png").attempts) == (
        "completed",
        3,
    )


def test_who_waits_for_a_turn_when_the_worker_is_to_end_lets_go(
    world: World, photo: bytes, monkeypatch, slow: Slow
) -> None:
    monkeypatch.setattr(exclusive, "WAIT_LIMIT_S", 60.0)
    own = exclusive.SharedExclusiveLock()

    with own.held(world.services.shutdown, exclusive=True) as is_first:
        world.services.shutdown.request()
        with own.held(world.services.shutdown, exclusive=False) as is_second:
            pass

    assert (is_first, is_second) == (True, False)


def test_a_row_without_its_counts_is_read_as_if_nothing_was_counted(
    world: World, photo: bytes
) -> None:
    world.accept("a.png", photo)
    entity = world.services.jobs._table.get_entity("jobs", world.job("a.png").key)
    del entity["vanished"], entity["lighter_steps"]

    job = job_of(entity)

    assert isinstance(job, Job)
    assert (job.vanished, job.lighter_steps) == (0, 0)
