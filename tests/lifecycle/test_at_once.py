"""An upload that was sent to this process is begun here; its message is only the net under that."""

import time
from datetime import timedelta

from jobs.job import Status
from jobs.lease import LEASE_GRACE
from lifecycle.at_once import accept_and_begin
from lifecycle.attempt import run_attempt
from lifecycle.intake import accept_blob
from lifecycle.services import Services
from worker.spare_room import MOST_TAKEN

from .conftest import LEASE, World

LIMIT_S = 60.0


def settled(world: World, name: str) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not world.job(name).is_settled:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def fill(services: Services) -> None:
    for _ in range(MOST_TAKEN):
        assert services.spare_room.take(at_work=0)


def test_a_small_upload_is_begun_without_a_message(world: World, photo: bytes) -> None:
    world.put("a.png", photo)

    accept_and_begin(world.services, "a.png")

    assert world.take_messages() == []
    settled(world, "a.png")
    assert world.job("a.png").status is Status.COMPLETED
    assert world.job("a.png").attempts == 1


def test_its_message_comes_when_the_lease_would_have_lapsed(world: World, photo: bytes) -> None:
    world.put("a.png", photo)

    job = accept_and_begin(world.services, "a.png")

    assert job is not None
    assert job.enqueued_at - job.created_at == LEASE + LEASE_GRACE
    assert world.messages_waiting() == 1
    settled(world, "a.png")


def test_the_late_message_finds_nothing_left_to_do(world: World, photo: bytes) -> None:
    world.put("a.png", photo)
    job = accept_and_begin(world.services, "a.png")
    assert job is not None
    settled(world, "a.png")
    done = world.job("a.png")

    run_attempt(world.services, job.message(world.clock()))

    assert world.job("a.png") == done


def test_a_death_before_the_claim_costs_no_more_than_the_lease(world, photo, monkeypatch) -> None:
    monkeypatch.setattr("lifecycle.at_once._attempt", lambda *_: None)  # the process dies
    world.put("a.png", photo)
    accept_and_begin(world.services, "a.png")
    assert world.take_messages() == []

    time.sleep((LEASE + LEASE_GRACE).total_seconds() + 0.5)
    (message,) = world.take_messages()
    run_attempt(world.services, message)

    assert world.job("a.png").status is Status.COMPLETED


def test_a_lost_message_of_a_dead_process_is_found_by_the_alarm(world, photo, monkeypatch) -> None:
    monkeypatch.setattr("lifecycle.at_once._attempt", lambda *_: None)
    world.put("a.png", photo)
    job = accept_and_begin(world.services, "a.png")
    assert job is not None

    (alarm,) = world.alarms(minutes=5)

    assert alarm.job_key == job.key
    assert alarm.at - job.created_at < LEASE + LEASE_GRACE + timedelta(seconds=46)


def test_where_there_is_no_room_the_queue_has_it_at_once(world: World, photo: bytes) -> None:
    fill(world.services)
    world.put("a.png", photo)

    accept_and_begin(world.services, "a.png")

    (message,) = world.take_messages()
    assert message.blob_name == "a.png"
    assert world.job("a.png").attempts == 0


def test_a_large_upload_waits_for_the_queue(world: World, monkeypatch) -> None:
    monkeypatch.setattr("lifecycle.at_once.HIGH_PRIORITY_BELOW_BYTES", 10)
    world.put("a.mp4", bytes(11))

    accept_and_begin(world.services, "a.mp4")

    assert len(world.take_messages()) == 1


def test_a_process_that_is_to_end_begins_nothing(world: World, photo: bytes) -> None:
    world.services.shutdown.request()
    world.put("a.png", photo)

    accept_and_begin(world.services, "a.png")

    assert len(world.take_messages()) == 1


def test_room_is_given_back_whatever_becomes_of_the_job(world: World, photo: bytes) -> None:
    for name, content in (
        ("good.png", photo),
        ("bad.png", b"\x89PNG\r\n\x1a\nbad"),
        ("e.png", b""),
    ):
        world.put(name, content)
        accept_and_begin(world.services, name)
        settled(world, name)
    accept_and_begin(world.services, "gone.png")
    time.sleep(0.5)

    fill(world.services)


def test_what_the_trigger_took_in_before_is_begun_all_the_same(world: World, photo: bytes) -> None:
    world.put("a.png", photo)
    accept_blob(world.services, "a.png")

    accept_and_begin(world.services, "a.png")

    settled(world, "a.png")
    assert world.job("a.png").attempts == 1


def test_nothing_comes_of_an_upload_that_is_gone(world: World) -> None:
    assert accept_and_begin(world.services, "gone.png") is None
