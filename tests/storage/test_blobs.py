"""Blobs, as the app uses them, are the same on each storage."""

from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from errors import BlobLockedError, SourceGoneError, StorageUnavailableError
from integrations.results import NewResult, ResultExistsError
from integrations.uploads import UploadChangedError
from jobs.marks import Marks
from jobs.upload import Upload

from .conftest import NOW

MARKS = Marks(job="a", sha256="0")


@contextmanager
def told(error):
    """What a block raised, by name."""
    raised = []
    try:
        yield raised
    except error as found:
        raised.append(type(found).__name__)


def file_of(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / uuid4().hex
    path.write_bytes(data)
    return path


def test_an_upload_is_read_and_deleted_in_its_version_only(storage, tmp_path):
    def story():
        old = storage.put("a.png", b"old")
        new = storage.put("a.png", b"newer")
        with told(UploadChangedError) as refused:
            storage.uploads.download(old, tmp_path / "old", lambda done: None)
        deleted = storage.uploads.delete("a.png", old.etag)
        storage.uploads.download(new, tmp_path / "new", lambda done: None)
        return refused, deleted, storage.uploads.delete("a.png", new.etag)

    assert storage.run(story) == (["UploadChangedError"], False, True)
    assert (tmp_path / "new").read_bytes() == b"newer"
    assert storage.run(lambda: storage.uploads.get("a.png")) is None


def test_a_result_is_created_once_and_replaced_in_its_version_only(storage, tmp_path):
    def store(data, replaces=None):
        path = file_of(tmp_path, data)
        return storage.results.store(NewResult("a.webp", path, "image/webp", MARKS), replaces)

    def story():
        first = store(b"one")
        with told(ResultExistsError) as again:
            store(b"two")
        second = store(b"three", first)
        with told(ResultExistsError) as stale:
            store(b"four", first)
        stored = storage.results.get("a.webp")
        assert (stored.etag, stored.marks, stored.size_bytes) == (second.etag, MARKS, 5)
        assert storage.results.stored_sha256(first) is None
        assert storage.results.stored_sha256(second) is not None
        return again + stale, storage.results.delete("a.webp", first.etag)

    assert storage.run(story) == (["ResultExistsError"] * 2, False)


def test_a_listing_shows_every_blob_in_order(storage):
    def story():
        for name in ("c.png", "a.png", "folder/b.png"):
            storage.put(name, b"data")
        return [(upload.blob_name, upload.size_bytes) for upload in storage.uploads.all()]

    assert storage.run(story) == [("a.png", 4), ("c.png", 4), ("folder/b.png", 4)]


def test_what_a_client_wrote_beside_an_upload_is_found_by_name_and_in_the_listing(storage):
    def story():
        given = {"mp_profile": "seed", "Owner": "somebody"}
        written = storage.put("a.png", b"data", **given)
        (listed,) = storage.uploads.all()
        return dict(written.metadata) == dict(listed.metadata) == given, written == listed

    assert storage.run(story) == (True, True)


def test_other_words_beside_a_blob_make_it_another_version(storage):
    def story():
        before = storage.put("a.png", b"data")
        storage.uploads._container.get_blob_client("a.png").set_blob_metadata({"mp_profile": "x"})
        after = storage.uploads.get("a.png")
        return before.etag != after.etag, after.size_bytes, dict(after.metadata)

    assert storage.run(story) == (True, 4, {"mp_profile": "x"})


def test_an_upload_arrives_whole_and_says_how_far_it_is(storage, tmp_path):
    def story():
        told = []
        upload = storage.put("a.png", b"x" * 5000)
        storage.uploads.download(upload, tmp_path / "a", told.append)
        return told == sorted(told), told[-1]

    assert storage.run(story) == (True, 5000)
    assert (tmp_path / "a").read_bytes() == b"x" * 5000


def test_an_upload_that_is_gone_is_not_downloaded(storage, tmp_path):
    def story():
        with told(SourceGoneError) as gone:
            upload = Upload("a.png", 5, "0x1", NOW)
            storage.uploads.download(upload, tmp_path / "a", lambda _: None)
        return gone, storage.uploads.delete("a.png", "0x1"), storage.uploads.get("a.png")

    assert storage.run(story) == (["SourceGoneError"], False, None)


def test_a_result_is_marked_in_its_version_only(storage, tmp_path):
    def story():
        new = NewResult("a.webp", file_of(tmp_path, b"one"), "image/webp", MARKS)
        first = storage.results.store(new, None)
        second = storage.results.mark(first, Marks(job="a", attempt="two"))
        stale = storage.results.mark(first, Marks(job="a", attempt="three"))
        stored = storage.results.get("a.webp")
        return stale, stored.etag == second.etag, stored.marks.attempt

    assert storage.run(story) == (None, True, "two")


def test_a_result_says_how_far_it_is_and_what_was_stored(storage, tmp_path):
    def story():
        told = []
        new = NewResult("a.webp", file_of(tmp_path, b"x" * 5000), "image/webp", MARKS)
        stored = storage.results.store(new, None, told.append)
        return told[-1], stored == storage.results.get("a.webp")

    assert storage.run(story) == (5000, True)


def test_a_blob_that_somebody_holds_cannot_be_deleted_until_it_is_released(storage):
    def story():
        upload = storage.put("a.png", b"data")
        lease = storage.uploads._container.get_blob_client("a.png").acquire_lease()
        with told(BlobLockedError) as refused:
            storage.uploads.delete("a.png", upload.etag)
        lease.release()
        return refused, storage.uploads.delete("a.png", upload.etag)

    assert storage.run(story) == (["BlobLockedError"], True)


def test_without_its_container_nothing_is_there_and_a_listing_makes_it(account):
    def story():
        before = account.uploads.is_reachable(), account.uploads.get("a.png")
        listed = list(account.uploads.all())
        return before, listed, account.uploads.is_reachable()

    assert account.run(story) == ((False, None), [], True)


def test_a_result_without_a_container_is_tried_again(account, tmp_path):
    new = NewResult("a.webp", file_of(tmp_path, b"one"), "image/webp", MARKS)

    def story():
        with told(StorageUnavailableError) as missing:
            account.results.store(new, None)
        return missing, account.results.store(new, None).size_bytes

    assert account.run(story) == (["StorageUnavailableError"], 3)


def test_a_container_may_be_made_twice_and_goes_with_its_blobs(storage):
    def story():
        storage.put("a.png", b"data")
        storage.uploads.create()
        storage.uploads._container.delete_blob("a.png")
        storage.uploads._container.delete_container()
        return storage.uploads.get("a.png"), storage.uploads.is_reachable()

    assert storage.run(story) == (None, False)
