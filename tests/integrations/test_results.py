"""Results: streamed, read back, marked, never overwritten by accident."""

import hashlib
import tracemalloc
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote
from uuid import uuid4

import pytest

from integrations.results import NewResult, ResultExistsError, Results
from integrations.storage import DOWNLOAD_PIECE_BYTES, PIECE_BYTES
from jobs.marks import Marks


@pytest.fixture
def result(tmp_path: Path) -> Path:
    path = tmp_path / "result"
    path.write_bytes(b"result")
    return path


def test_a_directory_is_not_a_result(results: Results) -> None:
    name = uuid4().hex
    results._container.upload_blob(name, b"", metadata={"hdi_isfolder": "true"})

    assert name not in {output.name for output in results.all()}


@pytest.mark.parametrize("letter", ["n", "é", "日", "🌍"])
def test_a_result_of_the_longest_name_is_stored_and_saved_under_a_shorter_one(
    results: Results, result: Path, letter: str
) -> None:
    name = f"{uuid4().hex}/" + letter * (1024 - 33 - 5) + ".webp"

    results.store(NewResult(name, result, "image/webp", Marks(job="j")), None)

    properties = results.client(name).get_blob_properties()
    _, _, file_name = properties.content_settings.content_disposition.partition("''")
    saved_as = unquote(file_name)
    assert saved_as.endswith(f"{letter}.webp")
    assert 240 < len(saved_as.encode()) <= 255


def test_a_result_is_stored_with_its_type_and_its_marks(results: Results, result: Path) -> None:
    name = f"{uuid4().hex}/processed-ü.webp"

    stored = results.store(NewResult(name, result, "image/webp", Marks(job="j")), None)

    properties = results.client(name).get_blob_properties()
    assert properties.content_settings.content_type == "image/webp"
    assert properties.content_settings.content_disposition == (
        "attachment; filename*=UTF-8''processed-%C3%BC.webp"
    )
    assert stored == results.get(name)
    assert stored.marks == Marks(job="j")
    assert properties.metadata == {"job": "j"}
    assert results.stored_sha256(stored) == hashlib.sha256(b"result").hexdigest()


def test_a_result_is_never_overwritten_unasked(results: Results, result: Path) -> None:
    name = uuid4().hex
    first = results.store(NewResult(name, result, "image/webp", Marks(job="first")), None)

    with pytest.raises(ResultExistsError):
        results.store(NewResult(name, result, "image/webp", Marks(job="second")), None)
    replaced = results.store(NewResult(name, result, "image/webp", Marks(job="second")), first)
    with pytest.raises(ResultExistsError):
        results.store(NewResult(name, result, "image/webp", Marks(job="third")), first)

    assert replaced.marks == Marks(job="second")
    assert not results.delete(name, first.etag)
    assert results.delete(name, replaced.etag)


def test_a_result_sent_in_pieces_is_described_as_it_is_stored(
    results: Results, tmp_path: Path
) -> None:
    name = uuid4().hex
    large = tmp_path / "large"
    large.write_bytes(bytes(2 * PIECE_BYTES + 1))

    stored = results.store(NewResult(name, large, "video/mp4", Marks(job="j")), None)

    assert stored == results.get(name)


def test_each_piece_of_a_result_is_told_on_its_way_and_when_it_is_read(
    results: Results, tmp_path: Path
) -> None:
    large, there, back = tmp_path / "large", [], []
    large.write_bytes(bytes(5 * PIECE_BYTES))

    stored = results.store(NewResult(uuid4().hex, large, "video/mp4", Marks()), None, there.append)
    results.stored_sha256(stored, back.append)

    assert there == [number * PIECE_BYTES for number in range(1, 6)]
    assert back == [number * PIECE_BYTES for number in (2, 4, 5)]


def test_a_result_whose_way_is_broken_off_is_not_there(results: Results, tmp_path: Path) -> None:
    name, large = uuid4().hex, tmp_path / "large"
    large.write_bytes(bytes(5 * PIECE_BYTES))

    def break_off(done_bytes: int) -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        results.store(NewResult(name, large, "video/mp4", Marks()), None, break_off)

    assert results.get(name) is None


def test_another_mark_makes_another_version_of_a_result(results: Results, result: Path) -> None:
    name, first = uuid4().hex, Marks(job="j", attempt="first", sha256="0")
    stored = results.store(NewResult(name, result, "image/webp", first), None)

    marked = results.mark(stored, replace(first, attempt="second"))

    assert marked == results.get(name)
    assert marked.marks == replace(first, attempt="second")
    assert marked.etag != stored.etag
    assert results.mark(stored, first) is None
    assert not results.delete(name, stored.etag)


def test_a_changed_result_has_no_digest(results: Results, result: Path) -> None:
    name = uuid4().hex
    first = results.store(NewResult(name, result, "image/webp", Marks()), None)
    results.store(NewResult(name, result, "image/webp", Marks()), first)

    assert results.stored_sha256(first) is None


def test_memory_does_not_grow_with_the_result(results: Results, tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(256 * 1024 * 1024)

    tracemalloc.start()
    stored = results.store(NewResult(uuid4().hex, large, "video/mp4", Marks()), None)
    results.stored_sha256(stored)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    # The SDK holds a piece about ten times for a moment, most of it never touched.
    assert peak_bytes < 12 * DOWNLOAD_PIECE_BYTES
