"""One run at a job: what is delivered, what is kept, and what happens when it goes wrong."""

import io
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from errors import DiskFullError, StorageUnavailableError
from integrations.uploads import UploadChangedError
from lifecycle.attempt import run_attempt
from lifecycle.intake import accept_blob
from notes import Note, NoteCode
from worker.work_folder import OWN_FOLDER, work_folder

from .conftest import World


def work_is_cleared(world: World) -> bool:
    root = world.services.settings.work_dir / OWN_FOLDER
    return not root.exists() or not list(root.iterdir())


def test_a_photo_comes_out_smaller_and_its_upload_is_deleted(world: World, photo: bytes) -> None:
    message = world.accept("upload-1.png", photo)

    run_attempt(world.services, message)

    job = world.job("upload-1.png")
    assert job.status == "completed"
    assert job.result.name == "processed-1.webp"
    result = world.output("processed-1.webp")
    assert job.result.original_size == len(photo)
    assert job.result.compressed_size == len(result) < len(photo)
    assert job.result.compression_ratio == round(len(result) / len(photo), 4)
    assert job.result.processing_time >= 0
    assert Image.open(io.BytesIO(result)).size == (320, 240)
    assert world.services.uploads.get("upload-1.png") is None
    assert work_is_cleared(world)


def test_a_message_delivered_twice_changes_nothing(world: World, photo: bytes) -> None:
    message = world.accept("a.png", photo)
    run_attempt(world.services, message)
    completed = world.job("a.png")

    run_attempt(world.services, message)

    assert world.job("a.png") == completed


def test_two_workers_at_once_make_one_result(world: World, photo: bytes) -> None:
    message = world.accept("a.png", photo)

    workers = [
        threading.Thread(target=run_attempt, args=(world.services, message)) for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert (world.job("a.png").status, world.job("a.png").attempts) == ("completed", 1)
    assert len(list(world.services.results.all())) == 1


def test_a_corrupt_photo_fails_at_once_and_keeps_its_upload(world: World, photo: bytes) -> None:
    message = world.accept("broken.png", photo[: len(photo) // 3])

    run_attempt(world.services, message)

    job = world.job("broken.png")
    assert (job.status, job.error_code, job.attempts) == ("failed", "CORRUPT", 1)
    assert job.error_message
    assert world.services.uploads.get("broken.png") is not None
    assert world.messages_waiting() == 0
    assert work_is_cleared(world)


def test_text_named_like_a_video_is_refused(world: World) -> None:
    message = world.accept("movie.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n")

    run_attempt(world.services, message)

    assert world.job("movie.mp4").error_code == "UNSUPPORTED"


def test_an_upload_deleted_while_queued_fails_as_gone(world: World, photo: bytes) -> None:
    message = world.accept("a.png", photo)
    world.services.uploads.delete("a.png", message.upload_etag)

    run_attempt(world.services, message)

    assert world.job("a.png").error_code == "SOURCE_GONE"


def test_an_upload_replaced_while_queued_is_processed_in_its_newest_version(
    world: World, photo: bytes
) -> None:
    message = world.accept("a.png", b"not a photo, and soon not the upload either")
    world.put("a.png", photo)

    run_attempt(world.services, message)
    for newer in world.take_messages():
        run_attempt(world.services, newer)

    assert world.job("a.png").status == "completed"
    assert world.job("a.png").result.original_size == len(photo)


def test_a_second_upload_of_a_name_replaces_the_first_result(world: World, photo: bytes) -> None:
    run_attempt(world.services, world.accept("a.png", photo))
    first = world.output("a.webp")
    mirrored = io.BytesIO()
    Image.open(io.BytesIO(photo)).crop((0, 0, 200, 200)).save(mirrored, "PNG")

    run_attempt(world.services, world.accept("a.png", mirrored.getvalue()))

    assert world.job("a.png").result.name == "a.webp"
    assert world.output("a.webp") != first


def test_two_uploads_that_map_to_one_name_both_survive(world: World, photo: bytes) -> None:
    jpeg = io.BytesIO()
    Image.open(io.BytesIO(photo)).save(jpeg, "JPEG", quality=98)

    run_attempt(world.services, world.accept("a.png", photo))
    run_attempt(world.services, world.accept("a.jpg", jpeg.getvalue()))

    names = {world.job(name).result.name for name in ("a.png", "a.jpg")}
    assert len(names) == 2
    assert all(world.output(name or "") for name in names)


def test_a_result_stored_before_a_crash_is_adopted(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)
    delivered = world.services.jobs.replace

    def die_instead_of_completing(job, **options):
        if job.status == "completed":
            raise SystemExit("killed")
        return delivered(job, **options)

    monkeypatch.setattr(world.services.jobs, "replace", die_instead_of_completing, raising=True)
    with pytest.raises(SystemExit):
        run_attempt(world.services, message)
    monkeypatch.undo()
    stored = next(world.services.results.all())

    world.clock.advance(seconds=10)
    run_attempt(world.services, message)

    job, (adopted,) = world.job("a.png"), world.services.results.all()
    assert (job.status, job.attempts, job.result.etag) == ("completed", 2, adopted.etag)
    assert adopted.marks.sha256 == stored.marks.sha256
    assert world.services.uploads.get("a.png") is None


def test_a_transient_failure_waits_and_is_tried_again(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)

    def unavailable(*_: object) -> None:
        raise StorageUnavailableError

    monkeypatch.setattr(world.services.uploads, "download", unavailable)
    run_attempt(world.services, message)
    monkeypatch.undo()

    job = world.job("a.png")
    assert (job.status, job.error_code) == ("queued", "STORAGE_UNAVAILABLE")
    assert job.next_attempt_at is not None
    assert timedelta(minutes=1.9) < job.next_attempt_at - world.clock() < timedelta(minutes=2.3)
    assert world.messages_waiting() == 1

    run_attempt(world.services, message)
    assert world.job("a.png").status == "queued"

    world.clock.advance(minutes=3)
    run_attempt(world.services, message)
    assert world.job("a.png").status == "completed"


def test_an_upload_replaced_and_then_deleted_fails_as_gone(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)

    def replaced_meanwhile(*_: object) -> None:
        world.services.uploads.delete("a.png", message.upload_etag)
        raise UploadChangedError

    monkeypatch.setattr(world.services.uploads, "download", replaced_meanwhile)
    run_attempt(world.services, message)

    assert world.job("a.png").error_code == "SOURCE_GONE"


def test_a_disk_that_fills_up_meanwhile_is_named(world: World, photo: bytes) -> None:
    with (
        pytest.raises(DiskFullError),
        work_folder(world.services.settings.work_dir, len(photo)),
        Path("/dev/full").open("wb", buffering=0) as full,
    ):
        full.write(photo)
    assert work_is_cleared(world)


def test_names_cannot_forge_lines_of_the_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="mediaprocessor"):
        accept_blob(world.services, "a\nCLEANUP done: ü\x1b[2J")

    ours = [each.getMessage() for each in caplog.records if each.name == "mediaprocessor"]
    assert any("a\\nCLEANUP done: ü\\x1b[2J" in message for message in ours)
    assert not any("\n" in message for message in ours)


def test_what_was_left_out_is_said_in_the_result(world: World, photo: bytes) -> None:
    page = Image.open(io.BytesIO(photo))
    pages = io.BytesIO()
    page.save(pages, "TIFF", save_all=True, append_images=[page.rotate(90)])

    run_attempt(world.services, world.accept("scan.tiff", pages.getvalue()))

    assert world.job("scan.tiff").result.notes == (Note(NoteCode.FIRST_PAGE_KEPT),)


def test_a_source_that_cannot_shrink_is_passed_through_with_the_reason(
    world: World, photo: bytes
) -> None:
    small = io.BytesIO()
    Image.open(io.BytesIO(photo)).save(small, "WEBP", quality=10, method=6)

    run_attempt(world.services, world.accept("small.webp", small.getvalue()))

    job = world.job("small.webp")
    assert (job.status, job.result.passthrough) == ("completed", "not_smaller")
    assert job.result.compressed_size <= len(small.getvalue())
