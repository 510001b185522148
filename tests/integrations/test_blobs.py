"""Uploads and results: streamed, pinned to a version, never overwritten by accident."""

import hashlib
import os
import tracemalloc
from pathlib import Path
from urllib.parse import unquote
from uuid import uuid4

import pytest
from azure.storage.blob import ContentSettings
from integrations.blobs import Blobs, Delivery, ResultExistsError, UploadChangedError

from errors import SourceGoneError, StorageUnavailableError
from integrations.storage import DOWNLOAD_PIECE_BYTES, PIECE_BYTES, storage_errors


def put(blobs: Blobs, name: str, data: bytes) -> None:
    blobs._uploads.upload_blob(name, data, overwrite=True)


def ignore(_done: int) -> None:
    pass


@pytest.fixture
def result(tmp_path: Path) -> Path:
    path = tmp_path / "result"
    path.write_bytes(b"result")
    return path


def test_an_upload_is_downloaded_in_the_version_that_was_seen(blobs: Blobs, tmp_path: Path) -> None:
    name = f"{uuid4().hex} ü#?%.bin"
    data = os.urandom(9 * 1024 * 1024)
    put(blobs, name, data)
    upload = blobs.upload(name)
    assert upload is not None

    seen: list[int] = []
    blobs.download(upload, tmp_path / "copy", seen.append)

    assert (tmp_path / "copy").read_bytes() == data
    assert seen == sorted(seen)
    assert seen[-1] == len(data)


def test_an_overwritten_upload_is_not_downloaded(blobs: Blobs, tmp_path: Path) -> None:
    name = uuid4().hex
    put(blobs, name, b"old")
    upload = blobs.upload(name)
    assert upload is not None
    put(blobs, name, b"new")

    with pytest.raises(UploadChangedError):
        blobs.download(upload, tmp_path / "copy", ignore)


def test_a_deleted_upload_is_gone(blobs: Blobs, tmp_path: Path) -> None:
    name = uuid4().hex
    put(blobs, name, b"data")
    upload = blobs.upload(name)
    assert upload is not None
    assert blobs.delete_upload(name, upload.etag)

    with pytest.raises(SourceGoneError):
        blobs.download(upload, tmp_path / "copy", ignore)
    assert blobs.upload(name) is None


def test_a_newer_upload_is_never_deleted(blobs: Blobs) -> None:
    name = uuid4().hex
    put(blobs, name, b"old")
    old = blobs.upload(name)
    assert old is not None
    put(blobs, name, b"new")

    assert not blobs.delete_upload(name, old.etag)
    assert blobs.upload(name) is not None


def test_listed_and_read_uploads_have_the_same_version(blobs: Blobs) -> None:
    name = uuid4().hex
    put(blobs, name, b"data")

    listed = next(upload for upload in blobs.uploads() if upload.blob_name == name)

    assert listed == blobs.upload(name)


def test_a_directory_is_not_an_upload(blobs: Blobs) -> None:
    name = uuid4().hex
    blobs._uploads.upload_blob(name, b"", metadata={"hdi_isfolder": "true"})

    assert blobs.upload(name) is None
    assert name not in {upload.blob_name for upload in blobs.uploads()}


def test_a_conflict_is_not_taken_for_something_that_exists(blobs: Blobs) -> None:
    name = uuid4().hex
    put(blobs, name, b"data")
    client = blobs._uploads.get_blob_client(name)
    client.create_snapshot()

    with pytest.raises(StorageUnavailableError), storage_errors():
        client.delete_blob()


def test_a_directory_is_not_a_result(blobs: Blobs) -> None:
    name = uuid4().hex
    blobs._processed.upload_blob(name, b"", metadata={"hdi_isfolder": "true"})

    assert name not in {output.name for output in blobs.outputs()}


@pytest.mark.parametrize("name", ["..", ".", "a/../b", "../processed/b", "x" * 1025, "a\0b"])
def test_a_name_that_leads_elsewhere_is_no_upload(blobs: Blobs, name: str) -> None:
    assert blobs.upload(name) is None


def test_an_upload_is_downloaded_as_it_is_stored_whatever_its_encoding_says(
    blobs: Blobs, tmp_path: Path
) -> None:
    name = uuid4().hex
    encoding = ContentSettings(content_encoding="gzip")
    blobs._uploads.upload_blob(name, b"not gzip at all", content_settings=encoding)
    upload = blobs.upload(name)
    assert upload is not None

    blobs.download(upload, tmp_path / "copy", ignore)

    assert (tmp_path / "copy").read_bytes() == b"not gzip at all"


@pytest.mark.parametrize("letter", ["n", "é", "日", "🌍"])
def test_a_result_of_the_longest_name_is_stored_and_saved_under_a_shorter_one(
    blobs: Blobs, result: Path, letter: str
) -> None:
    name = f"{uuid4().hex}/" + letter * (1024 - 33 - 5) + ".webp"

    blobs.store(Delivery(name, result, "image/webp", {"job": "j"}), None)

    properties = blobs.output_client(name).get_blob_properties()
    _, _, file_name = properties.content_settings.content_disposition.partition("''")
    saved_as = unquote(file_name)
    assert saved_as.endswith(f"{letter}.webp")
    assert 240 < len(saved_as.encode()) <= 255


def test_a_result_is_stored_with_its_type_and_its_marks(blobs: Blobs, result: Path) -> None:
    name = f"{uuid4().hex}/processed-ü.webp"

    stored = blobs.store(Delivery(name, result, "image/webp", {"job": "j"}), None)

    properties = blobs.output_client(name).get_blob_properties()
    assert properties.content_settings.content_type == "image/webp"
    assert properties.content_settings.content_disposition == (
        "attachment; filename*=UTF-8''processed-%C3%BC.webp"
    )
    assert stored == blobs.output(name)
    assert stored.metadata == {"job": "j"}
    assert blobs.stored_sha256(stored) == hashlib.sha256(b"result").hexdigest()


def test_a_result_is_never_overwritten_unasked(blobs: Blobs, result: Path) -> None:
    name = uuid4().hex
    first = blobs.store(Delivery(name, result, "image/webp", {"job": "first"}), None)

    with pytest.raises(ResultExistsError):
        blobs.store(Delivery(name, result, "image/webp", {"job": "second"}), None)
    replaced = blobs.store(Delivery(name, result, "image/webp", {"job": "second"}), first)
    with pytest.raises(ResultExistsError):
        blobs.store(Delivery(name, result, "image/webp", {"job": "third"}), first)

    assert replaced.metadata == {"job": "second"}
    assert not blobs.delete_output(name, first.etag)
    assert blobs.delete_output(name, replaced.etag)


def test_a_result_sent_in_pieces_is_described_as_it_is_stored(blobs: Blobs, tmp_path: Path) -> None:
    name = uuid4().hex
    large = tmp_path / "large"
    large.write_bytes(bytes(2 * PIECE_BYTES + 1))

    stored = blobs.store(Delivery(name, large, "video/mp4", {"job": "j"}), None)

    assert stored == blobs.output(name)


def test_each_piece_of_a_result_is_told_on_its_way_and_when_it_is_read(
    blobs: Blobs, tmp_path: Path
) -> None:
    large, there, back = tmp_path / "large", [], []
    large.write_bytes(bytes(5 * PIECE_BYTES))

    stored = blobs.store(Delivery(uuid4().hex, large, "video/mp4", {}), None, there.append)
    blobs.stored_sha256(stored, back.append)

    assert there == [number * PIECE_BYTES for number in range(1, 6)]
    assert back == [number * PIECE_BYTES for number in (2, 4, 5)]


def test_a_result_whose_way_is_broken_off_is_not_there(blobs: Blobs, tmp_path: Path) -> None:
    name, large = uuid4().hex, tmp_path / "large"
    large.write_bytes(bytes(5 * PIECE_BYTES))

    def break_off(done_bytes: int) -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        blobs.store(Delivery(name, large, "video/mp4", {}), None, break_off)

    assert blobs.output(name) is None


def test_a_changed_result_has_no_digest(blobs: Blobs, result: Path) -> None:
    name = uuid4().hex
    first = blobs.store(Delivery(name, result, "image/webp", {}), None)
    blobs.store(Delivery(name, result, "image/webp", {}), first)

    assert blobs.stored_sha256(first) is None


def test_memory_does_not_grow_with_the_file(blobs: Blobs, tmp_path: Path) -> None:
    name = uuid4().hex
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(256 * 1024 * 1024)
    with large.open("rb") as file:
        blobs._uploads.upload_blob(name, file, max_concurrency=1)
    upload = blobs.upload(name)
    assert upload is not None

    tracemalloc.start()
    blobs.download(upload, tmp_path / "copy", ignore)
    output = blobs.store(Delivery(name, tmp_path / "copy", "video/mp4", {}), None)
    blobs.stored_sha256(output)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    # The SDK holds a piece about ten times for a moment, most of it never touched.
    assert peak_bytes < 12 * DOWNLOAD_PIECE_BYTES
