"""Which uploads a sweep looks at: each in its turn, and those that only wait hardly ever."""

import itertools
from dataclasses import replace
from types import SimpleNamespace

import pytest
from azure.core.pipeline.transport import RequestsTransport

from integrations.uploads import Uploads
from jobs.alarm import Kind
from jobs.upload import Upload
from lifecycle import alarm
from lifecycle.attempt import run_attempt
from lifecycle.intake import accept_blob
from lifecycle.services import Services
from lifecycle.sweep import sweep

from .conftest import World


def ends_here(*_: object) -> None:
    raise RuntimeError("what comes after this is not done")


def test_a_sweep_asks_for_the_row_of_a_failed_upload_only_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_attempt(world.services, world.accept("a.mp4", b"no video"))
    world.clock.advance(minutes=5)
    sweep(world.services)
    monkeypatch.setattr(world.services.jobs, "get", lambda _: pytest.fail("the row was read"))

    world.clock.advance(minutes=5)

    assert sweep(world.services)["items failed"] == 0
    assert world.services.uploads.get("a.mp4") is not None


def test_an_upload_that_a_sweep_saw_waiting_is_deleted_later_if_it_was_left(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    longer = {"processed_retention_minutes": 600}
    settings = world.services.settings.model_copy(update=longer)
    services = replace(world.services, settings=settings)
    message = replace(world, services=services).accept("a.png", photo)
    world.clock.advance(minutes=5)
    sweep(services)
    monkeypatch.setattr(Uploads, "delete", lambda *_: False)
    run_attempt(services, message)
    monkeypatch.undo()

    world.clock.advance(minutes=31)
    sweep(services)

    assert world.job("a.png").status == "completed"
    assert world.services.uploads.get("a.png") is None


def test_a_job_that_waits_without_an_alarm_is_found_by_its_upload(
    world: World, photo: bytes
) -> None:
    world.accept("a.png", photo)
    world.clear_alarms()

    world.clock.advance(minutes=1)
    sweep(world.services)
    world.clock.advance(minutes=31)
    sweep(world.services)

    assert len(world.take_messages()) == 1


def test_a_job_without_an_alarm_gets_one_before_anything_is_done(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.accept("waits.png", photo)
    run_attempt(world.services, world.accept("done.png", photo))
    world.clear_alarms()
    monkeypatch.setattr(alarm, "_wake", ends_here)
    monkeypatch.setattr(alarm, "_expire", ends_here)

    world.clock.advance(minutes=32)
    sweep(world.services)

    found = {each.kind: each.job_key for each in world.alarms()}
    assert found == {Kind.WAITING: "waits.png", Kind.ENDED: "done.png"}


@pytest.mark.azurite
def test_uploads_whose_jobs_wait_cost_a_sweep_nothing(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    send = RequestsTransport.send
    monkeypatch.setattr(
        RequestsTransport, "send", lambda *args, **kw: calls.append(1) or send(*args, **kw)
    )

    def calls_of_a_sweep_beside(names: list[str]) -> int:
        for name in names:
            world.put(name, photo)
            accept_blob(world.services, name)
        world.clock.advance(minutes=5)
        sweep(world.services)
        calls.clear()
        sweep(world.services)
        return len(calls)

    beside_two = calls_of_a_sweep_beside(["a.png", "b.png"])

    assert calls_of_a_sweep_beside([f"{number}.png" for number in range(8)]) == beside_two


def test_a_missed_upload_is_found_behind_others_however_soon_a_tick_ends(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        world.accept(f"a{number}.png", photo)
    world.put("z.png", photo)
    world.clock.advance(minutes=5)
    a_second_for_each = SimpleNamespace(monotonic=itertools.count().__next__)
    monkeypatch.setattr("lifecycle.tick.time", a_second_for_each)
    monkeypatch.setattr("lifecycle.sweep.TICK_LIMIT_S", 10)

    for _ in range(20):
        sweep(world.services)

    assert world.job("z.png").status == "queued"


def test_an_upload_that_cannot_be_handled_does_not_take_the_turn_of_others(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def refuse(_: Services, upload: Upload) -> None:
        seen.append(upload.blob_name)
        raise RuntimeError("storage had a moment")

    for name in ("a.png", "b.png", "c.png", "d.png"):
        world.put(name, photo)
    world.clock.advance(minutes=5)
    monkeypatch.setattr("lifecycle.sweep.job_of_version", refuse)
    a_second_for_each = SimpleNamespace(monotonic=itertools.count().__next__)
    monkeypatch.setattr("lifecycle.tick.time", a_second_for_each)
    monkeypatch.setattr("lifecycle.sweep.TICK_LIMIT_S", 3)

    for _ in range(6):
        sweep(world.services)

    assert set(seen) == {"a.png", "b.png", "c.png", "d.png"}
    assert max(map(seen.count, seen)) - min(map(seen.count, seen)) <= 1


def test_what_is_accounted_for_does_not_outlive_its_upload(world: World, photo: bytes) -> None:
    run_attempt(world.services, world.accept("a.mp4", b"no video"))
    world.clock.advance(minutes=5)
    sweep(world.services)
    assert len(world.services.next_checks) == 1

    world.put("a.mp4", photo)
    world.clock.advance(minutes=5)
    sweep(world.services)

    assert world.job("a.mp4").status == "queued"
    assert list(world.services.next_checks) == [world.services.uploads.get("a.mp4").version]
