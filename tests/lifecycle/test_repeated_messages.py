"""A message that comes too early asks to come again, but its copies do not multiply."""

from datetime import timedelta

import pytest

from errors import StorageUnavailableError
from jobs import transitions
from jobs.job import FencedError, Job
from jobs.message import JobMessage
from lifecycle.attempt import run_attempt
from lifecycle.poison import examine_poison

from .conftest import World

LEASE = timedelta(seconds=45)


def hold(world: World, name: str) -> None:
    """Another worker's attempt."""
    world.claim(name, "other", LEASE)


def deliver_again(world: World, message: JobMessage, times: int = 5) -> int:
    """How many messages there are after that many copies of one."""
    for _ in range(times):
        run_attempt(world.services, message)
    return world.messages_waiting()


def test_while_an_attempt_works_one_message_waits_for_its_end(world: World, photo: bytes) -> None:
    message = world.accept("a.png", photo)
    hold(world, "a.png")

    assert deliver_again(world, message) == 1


def test_until_the_next_attempt_one_message_more_waits(world: World, photo: bytes) -> None:
    message = world.accept("a.png", photo)
    hold(world, "a.png")
    now, error = world.clock(), StorageUnavailableError()
    world.services.jobs.replace(transitions.requeued(world.job("a.png"), error, now + LEASE, now))

    assert deliver_again(world, message) == 1


def test_a_message_comes_back_as_long_as_the_attempt_renews_its_lease(
    world: World, photo: bytes
) -> None:
    message = world.accept("a.png", photo)
    hold(world, "a.png")
    deliver_again(world, message)

    world.clock.advance(seconds=40)
    world.services.jobs.replace(world.heartbeat(50, LEASE)(world.job("a.png")))
    world.clock.advance(seconds=7)

    assert deliver_again(world, message) == 2


def test_a_message_is_not_lost_when_the_row_changes_at_that_moment(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)
    hold(world, "a.png")
    write, beats = world.services.jobs.replace, iter([True])

    def change_first(job: Job) -> Job:
        if next(beats, False):
            raise FencedError
        return write(job)

    monkeypatch.setattr(world.services.jobs, "replace", change_first)

    assert deliver_again(world, message, times=1) == 1


def test_poison_of_an_older_upload_wakes_nobody(world: World, photo: bytes) -> None:
    older = world.accept("a.png", photo)
    world.accept("a.png", photo + b" ")
    world.clock.advance(minutes=1)

    examine_poison(world.services, older)

    assert world.messages_waiting() == 0


def test_copies_out_of_the_poison_queue_wake_a_job_once(world: World, photo: bytes) -> None:
    message = world.accept("a.png", photo)
    hold(world, "a.png")

    for _ in range(5):
        examine_poison(world.services, message)

    assert world.messages_waiting() == 1
