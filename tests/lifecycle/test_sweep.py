"""The timer: what has lived long enough goes, what was forgotten is woken, the rest stays."""

from datetime import timedelta

import pytest

from errors import CorruptMediaError, StorageDeniedError
from integrations.uploads import Uploads
from jobs import transitions
from jobs.marks import Marks
from lifecycle import tick
from lifecycle.attempt import run_attempt
from lifecycle.intake import accept_blob
from lifecycle.rescue import rescue
from lifecycle.sweep import sweep
from worker.work_folder import OWN_FOLDER, remove_abandoned, work_folder

from .conftest import World


def complete(world: World, name: str, photo: bytes) -> None:
    world.put(name, photo)
    accept_blob(world.services, name)
    for message in world.take_messages():
        run_attempt(world.services, message)
    assert world.job(name).status == "completed"


def outputs(world: World) -> set[str]:
    return {output.name for output in world.services.results.all()}


def test_results_and_rows_go_after_their_retention(world: World, photo: bytes) -> None:
    complete(world, "upload-1.png", photo)

    world.clock.advance(minutes=9, seconds=50)
    sweep(world.services)
    assert outputs(world) == {"processed-1.webp"}

    world.clock.advance(seconds=15)
    counts = sweep(world.services)
    assert outputs(world) == set()
    assert world.past("upload-1.png").status == "expired"
    assert counts["results expired"] == 1


def test_a_result_deleted_by_hand_does_not_keep_its_row(world: World, photo: bytes) -> None:
    complete(world, "a.png", photo)
    output = next(world.services.results.all())
    world.services.results.delete(output.name, output.etag)

    world.clock.advance(minutes=11)
    sweep(world.services)

    assert world.past("a.png").status == "expired"


def test_a_failed_job_keeps_its_upload_for_a_day(world: World) -> None:
    world.put("a.mp4", b"no video")
    accept_blob(world.services, "a.mp4")
    for message in world.take_messages():
        run_attempt(world.services, message)

    world.clock.advance(hours=23)
    sweep(world.services)
    assert world.services.uploads.get("a.mp4") is not None
    assert world.job("a.mp4").status == "failed"

    world.clock.advance(hours=2)
    sweep(world.services)
    assert world.services.uploads.get("a.mp4") is None
    assert world.past("a.mp4").status == "expired"


def test_an_upload_that_no_trigger_noticed_is_rescued(world: World, photo: bytes) -> None:
    world.put("missed.png", photo)

    sweep(world.services)
    assert world.services.jobs.get("missed.png") is None

    world.clock.advance(seconds=61)
    sweep(world.services)
    assert world.job("missed.png").status == "queued"
    assert len(world.take_messages()) == 1


def test_the_upload_of_a_completed_job_is_deleted_later_if_it_was_left(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Uploads, "delete", lambda *_: False)
    complete(world, "a.png", photo)
    monkeypatch.undo()
    assert world.services.uploads.get("a.png") is not None

    world.clock.advance(seconds=90)
    sweep(world.services)

    assert world.services.uploads.get("a.png") is None
    assert world.job("a.png").status == "completed"


def test_results_that_belong_to_no_job_go_after_the_retention(world: World) -> None:
    marks = Marks(job="gone.mp4").write()
    world.services.results._container.upload_blob("stray.bin", b"stray", metadata=marks)

    sweep(world.services)
    assert outputs(world) == {"stray.bin"}

    world.clock.advance(minutes=11)
    sweep(world.services)
    assert outputs(world) == set()


def test_a_file_without_our_marks_is_kept_and_told_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.services.results._container.upload_blob("customers-own.pdf", b"theirs")

    for _ in range(5):
        world.clock.advance(minutes=11)
        sweep(world.services)

    assert outputs(world) == {"customers-own.pdf"}
    assert caplog.text.count("customers-own.pdf is not ours") == 1


def test_one_bad_item_does_not_stop_the_sweep(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete(world, "bad.png", photo)
    complete(world, "good.png", photo)
    delete = world.services.jobs.delete

    def refuse_one(job):
        if job.blob_name == "bad.png":
            raise RuntimeError("storage had a moment")
        return delete(job)

    monkeypatch.setattr(world.services.jobs, "delete", refuse_one)
    world.clock.advance(minutes=11)
    counts = sweep(world.services)

    assert counts["items failed"] >= 1
    assert counts["results expired"] == 1
    assert world.past("good.png").status == "expired"


def test_a_tick_ends_in_time_and_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        world.services.results._container.upload_blob(f"{number}.bin", b"stray")
    world.clock.advance(minutes=11)
    monkeypatch.setattr("lifecycle.sweep.TICK_LIMIT_S", 0.0)

    assert sweep(world.services)["steps postponed"] >= 1
    assert len(outputs(world)) == 3


def test_the_sweep_creates_what_is_missing(world: World) -> None:
    for container in (world.services.uploads._container, world.services.results._container):
        container.delete_container()

    sweep(world.services)

    assert world.services.uploads.is_reachable()
    assert world.services.results.is_reachable()


def test_folders_of_dead_attempts_are_removed_and_live_ones_kept(world: World) -> None:
    root = world.services.settings.work_dir
    with work_folder(root, source_bytes=1) as live:
        dead = root / OWN_FOLDER / "job-dead"
        dead.mkdir()
        (dead / "source").write_bytes(b"bytes")

        assert remove_abandoned(root) == 1

        assert live.exists()
        assert not dead.exists()


def test_a_poisoned_message_of_a_live_job_wakes_it(world: World, photo: bytes) -> None:
    from lifecycle.poison import examine_poison

    world.put("a.png", photo)
    accept_blob(world.services, "a.png")
    (message,) = world.take_messages()

    examine_poison(world.services, message)

    assert world.messages_waiting() == 1
    assert world.job("a.png").status == "queued"


def test_a_poisoned_message_of_an_exhausted_job_fails_it(world: World, photo: bytes) -> None:
    from lifecycle.poison import examine_poison

    world.put("a.png", photo)
    accept_blob(world.services, "a.png")
    (message,) = world.take_messages()
    job = world.job("a.png")
    for number in range(4):
        job = transitions.claimed(job, f"dead {number}", world.clock(), timedelta(seconds=5))
    world.services.jobs.replace(job)
    world.clock.advance(seconds=6)

    examine_poison(world.services, message)

    assert world.job("a.png").error_code == "WORKER_LOST"


def test_a_poisoned_message_of_a_settled_job_changes_nothing(world: World) -> None:
    from lifecycle.poison import examine_poison

    world.put("a.png", b"x")
    job = accept_blob(world.services, "a.png")
    assert job is not None
    world.services.jobs.replace(transitions.failed(job, CorruptMediaError(), world.clock()))
    (message,) = world.take_messages()

    examine_poison(world.services, message)

    assert world.job("a.png").error_code == "CORRUPT"
    assert world.messages_waiting() == 0


def test_a_tick_with_nothing_due_reads_no_job(world: World, photo: bytes, monkeypatch) -> None:
    for number in range(5):
        complete(world, f"{number}.png", photo)
    world.clock.advance(minutes=2)
    sweep(world.services)
    monkeypatch.setattr(world.services.jobs, "get_by_key", lambda _: pytest.fail("a row was read"))

    counts = sweep(world.services) + rescue(world.services)

    assert counts["items failed"] == 0


def test_a_job_without_an_alarm_expires_too(world: World, photo: bytes) -> None:
    complete(world, "a.png", photo)
    world.clear_alarms()

    world.clock.advance(minutes=25)
    sweep(world.services)

    assert outputs(world) == set()
    assert world.past("a.png").status == "expired"


def test_a_missing_role_is_told_once_and_without_a_traceback(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tick, "_TOLD", set())
    for name in ("a.png", "b.png"):
        world.put(name, b"")
        accept_blob(world.services, name)

    def deny(*_: object) -> None:
        raise StorageDeniedError

    monkeypatch.setattr(Uploads, "delete", deny)
    world.clock.advance(hours=25)
    for _ in range(3):
        world.clock.advance(minutes=30)
        sweep(world.services)

    assert caplog.text.count("a role or a network rule is missing") == 1
    assert "Traceback" not in caplog.text
    assert world.services.uploads.get("a.png") is not None
