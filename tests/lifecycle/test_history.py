"""What stays of a job that has expired: its timeline, for a month, and no way back."""

from datetime import timedelta

from jobs.alarm import Kind
from lifecycle.attempt import run_attempt
from lifecycle.intake import accept_blob, accept_upload
from lifecycle.rescue import rescue
from lifecycle.sweep import sweep

from .conftest import World
from .test_sweep import complete


def test_an_expired_job_keeps_its_timeline_for_a_month(world: World, photo: bytes) -> None:
    complete(world, "a.png", photo)
    world.clock.advance(minutes=11)
    sweep(world.services)

    world.clock.advance(days=29)
    sweep(world.services)
    assert [each.to for each in world.past("a.png").timeline] == [
        "queued",
        "processing",
        "completed",
        "expired",
    ]

    world.clock.advance(days=2)
    assert sweep(world.services)["histories forgotten"] == 1
    assert world.services.history.get("a.png") is None
    assert list(world.services.alarms.due(Kind.ENDED, world.clock() + timedelta(days=99))) == []


def test_a_newer_upload_continues_the_timeline(world: World, photo: bytes) -> None:
    complete(world, "a.png", photo)
    first, second = world.job("a.png").upload_etag, world.put("a.png", photo + b" ").etag

    accept_blob(world.services, "a.png")

    timeline = world.job("a.png").timeline
    assert [each.to for each in timeline] == ["queued", "processing", "completed", "queued"]
    assert [each.upload_etag for each in timeline] == [first, None, None, second]


def test_an_expired_job_does_not_come_back_with_a_late_message(world: World, photo: bytes) -> None:
    message = world.accept("a.png", photo)
    run_attempt(world.services, message)
    world.clock.advance(minutes=11)
    sweep(world.services)

    run_attempt(world.services, message)

    assert world.past("a.png").status == "expired"


def test_a_new_upload_of_an_expired_name_continues_its_timeline(world: World, photo: bytes) -> None:
    complete(world, "a.png", photo)
    world.clock.advance(minutes=11)
    sweep(world.services)

    world.put("a.png", photo + b" ")
    accept_blob(world.services, "a.png")

    words = [each.to for each in world.job("a.png").timeline]
    assert words == ["queued", "processing", "completed", "expired", "queued"]


def test_an_event_that_slept_through_the_whole_job_changes_nothing(
    world: World, photo: bytes
) -> None:
    upload = world.put("a.png", photo)
    complete_again = accept_upload(world.services, upload)
    for message in world.take_messages():
        run_attempt(world.services, message)
    world.clock.advance(minutes=11)
    sweep(world.services)

    late = accept_upload(world.services, upload)

    assert complete_again.status == "queued"
    assert late.status == "expired"
    assert world.past("a.png").upload_etag == upload.etag
    assert world.messages_waiting() == 0


def test_a_death_stands_once_in_the_timeline_and_counts_once(world: World, photo: bytes) -> None:
    message = world.accept("a.png", photo)
    dead = world.claim("a.png", "dead")

    world.clock.advance(seconds=60)
    rescue(world.services)
    run_attempt(world.services, message)

    job = world.job("a.png")
    assert [(each.to, each.attempt, each.error_code) for each in job.timeline] == [
        ("queued", 0, None),
        ("processing", 1, None),
        ("queued", 1, "WORKER_LOST"),
        ("processing", 2, None),
        ("completed", 2, None),
    ]
    assert job.timeline[2].at == dead.lease.until
    assert job.vanished == 1
