"""Messages: what is written is read back, and nothing else is."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.message import JobMessage, Priority, UnreadableMessageError, decode, priority_of
from order import Order

from .samples import FULL, NOW

MESSAGE = JobMessage(
    "ordner/ü #1.mp4", "0x8D1", 5, Priority.HIGH, 1, datetime(2026, 1, 2, tzinfo=UTC)
)
# The host merges these over the message's own metadata when they stand at the top level.
RESERVED = {
    "id",
    "dequeuecount",
    "expirationtime",
    "insertiontime",
    "nextvisibletime",
    "popreceipt",
    "queuetrigger",
}


@given(
    st.builds(
        JobMessage,
        blob_name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=1024),
        upload_etag=st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
        file_size=st.integers(0, 2**40),
        priority=st.sampled_from(Priority),
        retry_count=st.integers(0, 1000),
        sent_at=st.datetimes(timezones=st.just(UTC)),
    )
)
def test_a_message_is_read_back_as_it_was_written(message: JobMessage) -> None:
    assert decode(message.encode().encode()) == message


def test_no_reserved_key_stands_at_the_top_level() -> None:
    assert not RESERVED & {key.lower() for key in json.loads(MESSAGE.encode())}


@pytest.mark.parametrize(
    ("name", "size_bytes", "asked", "priority"),
    [
        ("photo.jpg", 0, None, Priority.HIGH),
        ("no extension", 10 * 1024 * 1024 - 1, None, Priority.HIGH),
        ("photo.jpg", 10 * 1024 * 1024, None, Priority.NORMAL),
        ("of/a.mp4/photo", 1, None, Priority.HIGH),
        ("phone/clip.MOV", 1, None, Priority.NORMAL),
        ("photo.jpg", 1, "normal", Priority.NORMAL),
        ("clip.mp4", 10**10, "high", Priority.HIGH),
    ],
)
def test_small_files_but_videos_have_high_priority_unless_another_is_asked(
    name: str, size_bytes: int, asked: str | None, priority: Priority
) -> None:
    assert priority_of(name, size_bytes, Order(priority=asked)) is priority


def test_the_message_of_a_job_says_what_its_row_does() -> None:
    job = replace(FULL, order=Order(priority="normal"))

    assert job.message(NOW) == JobMessage(
        blob_name=job.blob_name,
        upload_etag=job.upload_etag,
        file_size=job.file_size,
        priority=Priority.NORMAL,
        retry_count=job.attempts,
        sent_at=NOW,
    )
    assert json.loads(job.message(NOW).encode())["job"]["priority"] == "normal"


def test_the_longest_message_fits_a_queue() -> None:
    longest = replace(MESSAGE, blob_name="ü" * 1024)

    assert len(longest.encode()) < 48 * 1024


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"[]",
        b"{}",
        b'{"v": 2, "job": {}}',
        b'{"v": 1}',
        b'{"v": 1, "job": []}',
        b'{"v": 1, "job": {"blob_name": ""}}',
        b'{"v": 1, "job": {"blob_name": 7}}',
        b"\xff\xfe",
        MESSAGE.encode().replace('"priority": "high"', '"priority": "soon"').encode(),
        b"[" * 60_000,
        MESSAGE.encode().replace('"file_size": 5', '"file_size": 1e400').encode(),
        MESSAGE.encode().replace('"retry_count": 1', '"retry_count": Infinity').encode(),
        MESSAGE.encode().replace("ordner", "\\ud800").encode(),
    ],
)
def test_noise_is_not_a_message(body: bytes) -> None:
    with pytest.raises(UnreadableMessageError):
        decode(body)
