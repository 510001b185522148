"""The quick timer: what lost its worker, its message or its trigger is woken, the rest waits."""

from dataclasses import replace
from datetime import timedelta

import pytest
from azure.storage.queue import QueueClient

from integrations.tracking import JobTable
from jobs.alarm import Alarm, Kind, alarm_for, due_at
from jobs.message import JobMessage, Priority
from lifecycle import failpoints
from lifecycle.alarm import answer_alarm
from lifecycle.attempt import run_attempt
from lifecycle.failpoints import Point
from lifecycle.intake import accept_blob
from lifecycle.rescue import rescue

from .conftest import World


def test_a_queued_job_without_a_message_is_woken_once_per_tick(world: World, photo: bytes) -> None:
    world.put("a.png", photo)
    accept_blob(world.services, "a.png")
    world.take_messages()

    world.clock.advance(seconds=90)
    assert rescue(world.services)["jobs woken"] == 1
    assert rescue(world.services)["jobs woken"] == 0
    assert len(world.take_messages()) == 1


def test_a_job_that_waits_for_its_turn_is_left_alone(world: World, photo: bytes) -> None:
    world.put("a.png", photo)
    accept_blob(world.services, "a.png")

    world.clock.advance(minutes=5)
    assert rescue(world.services)["jobs woken"] == 0


def test_a_lost_message_is_doubted_after_24_minutes_though_others_wait(
    world: World, photo: bytes
) -> None:
    for name in ("lost.png", "waiting.png"):
        world.put(name, photo)
        accept_blob(world.services, name)
        if name == "lost.png":
            world.take_messages()

    woken = []
    for _ in range(25):
        world.clock.advance(minutes=1)
        woken.append(rescue(world.services)["jobs woken"])

    assert sum(woken[:23]) == 0
    assert sum(woken) == 2


def test_a_small_job_without_a_message_does_not_wait_for_the_large_ones(
    world: World, photo: bytes
) -> None:
    world.put("a.png", photo)
    accept_blob(world.services, "a.png")
    world.take_messages()
    large = JobMessage("film.mp4", "e1", 20 * 1024 * 1024, Priority.NORMAL, 0, world.clock())
    world.services.queue.send(large)

    world.clock.advance(seconds=90)

    assert rescue(world.services)["jobs woken"] == 1


def test_a_large_job_is_not_woken_while_it_is_made_to_wait(world: World) -> None:
    longer = {"normal_priority_delay_s": 600, "max_upload_megabytes": 16}
    settings = world.services.settings.model_copy(update=longer)
    services = replace(world.services, settings=settings)
    world.put("film.mp4", bytes(10 * 1024 * 1024))
    accept_blob(services, "film.mp4")

    accept_blob(services, "film.mp4")  # its event comes twice
    world.clock.advance(minutes=10)
    assert rescue(services)["jobs woken"] == 0
    assert world.take_messages() == []

    world.clock.advance(minutes=1)
    assert rescue(services)["jobs woken"] == 1
    assert len(world.take_messages()) == 1


def test_a_job_whose_worker_died_is_woken(world: World, photo: bytes) -> None:
    world.put("a.png", photo)
    accept_blob(world.services, "a.png")
    world.take_messages()
    world.claim("a.png", "dead")

    world.clock.advance(seconds=90)
    rescue(world.services)
    for message in world.take_messages():
        run_attempt(world.services, message)

    assert world.job("a.png").status == "completed"


def test_a_row_that_is_not_ours_does_not_stop_the_rescue(world: World, photo: bytes) -> None:
    strange = {"PartitionKey": "jobs", "RowKey": "0", "status": "queued", "updated_at": "yesterday"}
    world.put("a.png", photo)
    accept_blob(world.services, "a.png")
    world.take_messages()
    world.services.jobs._table.create_entity(strange)
    world.services.alarms.set(Alarm(Kind.WAITING, "0", world.clock()))
    world.clock.advance(seconds=90)

    counts = rescue(world.services)

    assert (counts["items failed"], counts["jobs woken"]) == (1, 1)


def test_a_job_whose_worker_died_is_woken_although_others_wait(world: World, photo: bytes) -> None:
    for name in ("dead.png", "waiting.png"):
        world.put(name, photo)
        accept_blob(world.services, name)
    world.claim("dead.png", "dead")

    world.clock.advance(seconds=90)

    assert rescue(world.services)["jobs woken"] == 1


def test_a_lapsed_lease_is_noticed_at_the_next_tick(world: World, photo: bytes) -> None:
    message = world.accept("a.png", photo)
    dead = world.claim("a.png", "dead")
    world.services.alarms.set(alarm_for(dead, world.services.retention))

    world.clock.advance(seconds=5)
    assert rescue(world.services)["jobs woken"] == 0

    world.clock.advance(seconds=1.5)
    assert rescue(world.services)["jobs woken"] == 1
    run_attempt(world.services, message)
    assert world.job("a.png").status == "completed"


def die_when_claimed(point: Point) -> None:
    if point is Point.CLAIMED:
        raise SystemExit


def test_a_lapsed_lease_is_noticed_before_the_jobs_that_only_wait(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"waiting-{number}.png" for number in range(5)]
    for name in names:
        world.put(name, photo)
        accept_blob(world.services, name)
    (*_, message) = world.take_messages()
    world.clock.advance(minutes=5)
    monkeypatch.setattr(failpoints, "reached", die_when_claimed)
    with pytest.raises(SystemExit):
        run_attempt(world.services, message)
    world.clock.advance(seconds=world.services.settings.lease_s + 2)
    answered: list[str] = []
    monkeypatch.setattr(
        "lifecycle.rescue.answer_alarm", lambda _, alarm: answered.append(alarm.job_key)
    )

    rescue(world.services)

    assert answered[0] == world.job(message.blob_name).key
    assert len(answered) > len(names)


def test_a_lapsed_lease_is_noticed_by_an_alarm_of_any_kind(world: World, photo: bytes) -> None:
    world.accept("a.png", photo)
    dead = world.claim("a.png", "dead")
    world.services.alarms.set(
        Alarm(Kind.WAITING, dead.key, due_at(dead, world.services.retention)),
    )

    world.clock.advance(seconds=7)

    assert rescue(world.services)["jobs woken"] == 1


@pytest.mark.azurite
def test_a_tick_asks_once_whether_a_queue_is_idle(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.png", "b.png", "c.png"):
        world.put(name, photo)
        accept_blob(world.services, name)
    world.take_messages()
    world.clock.advance(seconds=90)
    asked = []
    peek = QueueClient.peek_messages
    monkeypatch.setattr(
        QueueClient, "peek_messages", lambda *given: asked.append(1) or peek(*given)
    )

    counts = rescue(world.services)

    assert (len(asked), counts["jobs woken"]) == (1, 3)


def test_an_attempt_is_watched_before_it_begins(world: World, photo: bytes, monkeypatch) -> None:
    message = world.accept("a.png", photo)
    alarms: list[Alarm] = []
    monkeypatch.setattr(world.services.alarms, "set", alarms.append)
    write = world.services.jobs.replace

    def die(job):
        write(job)
        raise SystemExit

    monkeypatch.setattr(world.services.jobs, "replace", die)
    with pytest.raises(SystemExit):
        run_attempt(world.services, message)

    job = world.job("a.png")
    assert [(each.kind, each.job_key) for each in alarms] == [(Kind.WORKING, job.key)]
    assert alarms[0].at > job.lease.until


def test_an_upload_that_no_trigger_noticed_is_taken_in_within_a_minute(
    world: World, photo: bytes
) -> None:
    world.put("missed.png", photo)

    world.clock.advance(seconds=46)
    rescue(world.services)

    assert world.job("missed.png").status == "queued"


def test_the_row_of_a_fresh_upload_is_read_by_one_tick_only(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.accept("a.png", photo)
    world.clock.advance(seconds=46)
    rescue(world.services)
    read, get = [], JobTable.get
    monkeypatch.setattr(JobTable, "get", lambda rows, name: read.append(name) or get(rows, name))

    world.clock.advance(seconds=30)
    rescue(world.services)
    assert read == []

    world.put("b.png", photo)
    rescue(world.services)
    assert set(read) == {"b.png"}


def test_a_newer_version_of_a_fresh_upload_is_taken_in(world: World, photo: bytes) -> None:
    world.accept("a.png", photo)
    world.clock.advance(seconds=46)
    rescue(world.services)

    newer = world.put("a.png", photo)
    world.clock.advance(seconds=46)
    rescue(world.services)

    assert world.job("a.png").upload_etag == newer.etag


def test_alarms_of_one_job_become_one(world: World, photo: bytes) -> None:
    for message in [world.accept("a.png", photo)]:
        run_attempt(world.services, message)

    world.clock.advance(seconds=60)
    rescue(world.services)

    later = world.clock() + timedelta(days=1)
    assert list(world.services.alarms.due(Kind.WAITING, later)) == []
    (alarm,) = world.services.alarms.due(Kind.ENDED, later)
    completed_at = world.job("a.png").completed_at
    assert completed_at is not None
    assert alarm.at == completed_at + world.services.retention.result


def test_an_alarm_that_rings_too_early_is_not_lost(world: World, photo: bytes) -> None:
    """The first question after a start goes by the machine's own clock, which may be ahead."""
    world.accept("a.png", photo)
    (alarm,) = world.services.alarms.due(Kind.WAITING, world.clock() + timedelta(minutes=5))

    answer_alarm(world.services, alarm)

    assert list(world.services.alarms.due(Kind.WAITING, world.clock() + timedelta(minutes=5))) == [
        alarm
    ]
