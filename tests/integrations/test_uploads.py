"""Uploads: streamed, pinned to a version, never deleted in another one."""

import os
import tracemalloc
from pathlib import Path
from uuid import uuid4

import pytest
from azure.storage.blob import ContentSettings

from errors import SourceGoneError, StorageUnavailableError
from integrations.storage import DOWNLOAD_PIECE_BYTES, storage_errors
from integrations.uploads import UploadChangedError, Uploads


def put(uploads: Uploads, name: str, data: bytes) -> None:
    uploads._container.upload_blob(name, data, overwrite=True)


def ignore(_done: int) -> None:
    pass


def test_an_upload_is_downloaded_in_the_version_that_was_seen(
    uploads: Uploads, tmp_path: Path
) -> None:
    name = f"{uuid4().hex} ü#?%.bin"
    data = os.urandom(9 * 1024 * 1024)
    put(uploads, name, data)
    upload = uploads.get(name)
    assert upload is not None

    seen: list[int] = []
    uploads.download(upload, tmp_path / "copy", seen.append)

    assert (tmp_path / "copy").read_bytes() == data
    assert seen == sorted(seen)
    assert seen[-1] == len(data)


def test_an_overwritten_upload_is_not_downloaded(uploads: Uploads, tmp_path: Path) -> None:
    name = uuid4().hex
    put(uploads, name, b"old")
    upload = uploads.get(name)
    assert upload is not None
    put(uploads, name, b"new")

    with pytest.raises(UploadChangedError):
        uploads.download(upload, tmp_path / "copy", ignore)


def test_a_deleted_upload_is_gone(uploads: Uploads, tmp_path: Path) -> None:
    name = uuid4().hex
    put(uploads, name, b"data")
    upload = uploads.get(name)
    assert upload is not None
    assert uploads.delete(name, upload.etag)

    with pytest.raises(SourceGoneError):
        uploads.download(upload, tmp_path / "copy", ignore)
    assert uploads.get(name) is None


def test_a_newer_upload_is_never_deleted(uploads: Uploads) -> None:
    name = uuid4().hex
    put(uploads, name, b"old")
    old = uploads.get(name)
    assert old is not None
    put(uploads, name, b"new")

    assert not uploads.delete(name, old.etag)
    assert uploads.get(name) is not None


def test_listed_and_read_uploads_have_the_same_version_and_metadata(uploads: Uploads) -> None:
    name = uuid4().hex
    uploads._container.upload_blob(name, b"data", metadata={"mp_profile": "seed"})

    listed = next(upload for upload in uploads.all() if upload.blob_name == name)

    assert listed == (read := uploads.get(name))
    assert listed.metadata == read.metadata == {"mp_profile": "seed"}


@pytest.mark.parametrize("mark", [{"hdi_isfolder": "true"}, {"Hdi_IsFolder": "True"}])
def test_a_directory_is_not_an_upload(uploads: Uploads, mark: dict[str, str]) -> None:
    name = uuid4().hex
    uploads._container.upload_blob(name, b"", metadata=mark)

    assert uploads.get(name) is None
    assert name not in {upload.blob_name for upload in uploads.all()}


def test_a_file_that_is_marked_as_a_directory_is_an_upload(uploads: Uploads) -> None:
    name = uuid4().hex
    uploads._container.upload_blob(name, b"a", metadata={"hdi_isfolder": "true"})

    assert uploads.get(name) is not None
    assert name in {upload.blob_name for upload in uploads.all()}


def test_a_conflict_is_not_taken_for_something_that_exists(uploads: Uploads) -> None:
    name = uuid4().hex
    put(uploads, name, b"data")
    client = uploads._container.get_blob_client(name)
    client.create_snapshot()

    with pytest.raises(StorageUnavailableError), storage_errors():
        client.delete_blob()


@pytest.mark.parametrize(
    "name",
    ["..", ".", "a/../b", "../processed/b", "..\\processed\\b", "a\\.", "x" * 1025, "a\0b"],
)
def test_a_name_that_leads_elsewhere_is_no_upload(uploads: Uploads, name: str) -> None:
    assert uploads.get(name) is None


def test_an_upload_is_downloaded_as_it_is_stored_whatever_its_encoding_says(
    uploads: Uploads, tmp_path: Path
) -> None:
    name = uuid4().hex
    encoding = ContentSettings(content_encoding="gzip")
    uploads._container.upload_blob(name, b"not gzip at all", content_settings=encoding)
    upload = uploads.get(name)
    assert upload is not None

    uploads.download(upload, tmp_path / "copy", ignore)

    assert (tmp_path / "copy").read_bytes() == b"not gzip at all"


def test_memory_does_not_grow_with_the_upload(uploads: Uploads, tmp_path: Path) -> None:
    name = uuid4().hex
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(256 * 1024 * 1024)
    with large.open("rb") as file:
        uploads._container.upload_blob(name, file, max_concurrency=1)
    upload = uploads.get(name)
    assert upload is not None

    tracemalloc.start()
    uploads.download(upload, tmp_path / "copy", ignore)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    # The SDK holds a piece about ten times for a moment, most of it never touched.
    assert peak_bytes < 12 * DOWNLOAD_PIECE_BYTES
