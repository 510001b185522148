"""An upload becomes exactly one job, whatever the trigger does."""

from datetime import timedelta

import pytest

from jobs import transitions
from jobs.alarm import Kind
from lifecycle.attempt import run_attempt
from lifecycle.intake import accept_blob, accept_upload
from lifecycle.rescue import rescue

from .conftest import World


def test_an_upload_gets_a_queued_row_and_one_message(world: World, photo: bytes) -> None:
    world.put("upload-1.png", photo)

    accept_blob(world.services, "upload-1.png")

    job = world.job("upload-1.png")
    assert (job.status, job.file_size, job.file_type) == ("queued", len(photo), "png")
    assert [message.blob_name for message in world.take_messages()] == ["upload-1.png"]


def test_a_trigger_that_fires_twice_makes_no_second_job(world: World, photo: bytes) -> None:
    world.put("a.png", photo)

    first = accept_blob(world.services, "a.png")
    second = accept_blob(world.services, "a.png")

    assert first == second


def test_a_trigger_that_fires_twice_sees_to_it_that_the_job_is_watched(
    world: World, photo: bytes
) -> None:
    world.put("a.png", photo)
    accept_blob(world.services, "a.png")
    world.clear_alarms()  # whose writer slept until they had rung

    accept_blob(world.services, "a.png")

    assert [(each.kind, each.job_key) for each in world.alarms(hours=1)] == [
        (Kind.WAITING, "a.png")
    ]


def test_a_trigger_that_fires_after_completion_changes_nothing(world: World, photo: bytes) -> None:
    upload = world.put("a.png", photo)
    accept_upload(world.services, upload)
    for message in world.take_messages():
        run_attempt(world.services, message)
    completed = world.job("a.png")

    accept_upload(world.services, upload)

    assert world.job("a.png") == completed
    assert world.take_messages() == []


def test_a_blob_that_is_gone_makes_no_job(world: World) -> None:
    assert accept_blob(world.services, "never.png") is None
    assert world.services.jobs.get("never.png") is None


def test_an_empty_upload_is_born_failed(world: World) -> None:
    world.put("empty.mp4", b"")

    accept_blob(world.services, "empty.mp4")

    job = world.job("empty.mp4")
    assert (job.status, job.error_code) == ("failed", "EMPTY_FILE")
    assert world.take_messages() == []


def test_a_too_large_upload_is_born_failed(world: World) -> None:
    world.put("large.mp4", bytes(8 * 1024 * 1024 + 1))

    accept_blob(world.services, "large.mp4")

    assert world.job("large.mp4").error_code == "LIMIT_SIZE"
    assert "8388608" in (world.job("large.mp4").error_message or "")


def test_a_newer_upload_of_the_same_name_is_a_new_job(world: World, photo: bytes) -> None:
    world.put("a.png", b"")
    accept_blob(world.services, "a.png")
    newer = world.put("a.png", photo)

    accept_blob(world.services, "a.png")

    job = world.job("a.png")
    assert (job.status, job.upload_etag, job.error_code) == ("queued", newer.etag, None)
    assert len(world.take_messages()) == 1


def test_a_failed_job_restarts_only_when_asked_to(world: World, photo: bytes) -> None:
    from errors import CorruptMediaError

    upload = world.put("a.png", photo)
    job = accept_upload(world.services, upload)
    world.services.jobs.replace(transitions.failed(job, CorruptMediaError(), world.clock()))
    world.take_messages()

    accept_upload(world.services, upload)
    assert world.job("a.png").status == "failed"

    accept_upload(world.services, upload, again=True)
    assert world.job("a.png").status == "queued"
    assert len(world.take_messages()) == 1


def test_a_newer_upload_is_recorded_although_the_older_one_is_beating(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept_upload(world.services, world.put("a.png", photo))
    world.claim("a.png", "older")
    newer = world.put("a.png", photo + b"\n")
    read = world.services.jobs.get
    beats = iter(range(2))

    def read_just_before_a_heartbeat(name: str):
        job = read(name)
        for beat in beats:
            world.services.jobs.replace(world.heartbeat(beat)(job))
            break
        return job

    monkeypatch.setattr(world.services.jobs, "get", read_just_before_a_heartbeat)
    accept_upload(world.services, newer)

    assert (world.job("a.png").status, world.job("a.png").upload_etag) == ("queued", newer.etag)


def test_news_of_an_older_version_does_not_undo_a_newer_one(world: World, photo: bytes) -> None:
    older = world.put("a.png", b"older")
    accept_upload(world.services, world.put("a.png", photo))
    for message in world.take_messages():
        run_attempt(world.services, message)

    accept_upload(world.services, older)

    assert world.job("a.png").status == "completed"


def test_an_intake_slower_than_its_alarm_sets_another(world: World, photo: bytes) -> None:
    world.put("a.png", photo)
    insert = world.services.jobs.insert

    def slow(job):
        world.clock.advance(minutes=2)
        assert rescue(world.services)["items failed"] == 0  # the alarm rings: there is no row
        return insert(job)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.services.jobs, "insert", slow)
        accept_blob(world.services, "a.png")

    later = world.clock() + timedelta(minutes=10)
    assert [alarm.job_key for alarm in world.services.alarms.due(Kind.WAITING, later)] == ["a.png"]
