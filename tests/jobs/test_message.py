"""Messages: what is written is read back, and nothing else is."""

import json
from datetime import UTC, datetime

import pytest

from jobs.message import JobMessage, UnreadableMessageError, decode

MESSAGE = JobMessage("ordner/ü #1.mp4", "0x8D1", 5, 1, datetime(2026, 1, 2, tzinfo=UTC))
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


def test_a_message_is_read_back_as_it_was_written() -> None:
    assert decode(MESSAGE.encode().encode()) == MESSAGE


def test_no_reserved_key_stands_at_the_top_level() -> None:
    assert not RESERVED & {key.lower() for key in json.loads(MESSAGE.encode())}


def test_small_files_have_high_priority() -> None:
    assert json.loads(MESSAGE.encode())["job"]["priority"] == "high"


def test_the_longest_message_fits_a_queue() -> None:
    longest = JobMessage("ü" * 1024, "0x8D1", 5, 1, datetime(2026, 1, 2, tzinfo=UTC))

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
        b"[" * 60_000,
        MESSAGE.encode().replace('"file_size": 5', '"file_size": 1e400').encode(),
        MESSAGE.encode().replace('"retry_count": 1', '"retry_count": Infinity').encode(),
        MESSAGE.encode().replace("ordner", "\\ud800").encode(),
    ],
)
def test_noise_is_not_a_message(body: bytes) -> None:
    with pytest.raises(UnreadableMessageError):
        decode(body)
