"""What a link to upload one file allows."""

from datetime import UTC, datetime, timedelta

import pytest

from errors import CorruptMediaError, LimitSizeError, UploadCancelledError
from jobs.upload_link import (
    LARGEST_SINGLE_BYTES,
    RENEWABLE_FOR,
    Mode,
    UploadLink,
    may_be_media,
    mode_for,
)
from order import Order

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def link(*, is_cancelled: bool = False) -> UploadLink:
    return UploadLink("a/b.jpg", Mode.SINGLE, 1000, Order(), NOW, is_cancelled)


def test_the_announced_size_is_taken():
    assert link().refusal_of(1000) is None


@pytest.mark.parametrize(("size", "error"), [(1001, LimitSizeError), (999, CorruptMediaError)])
def test_another_size_than_the_announced_one_is_refused(size, error):
    refusal = link().refusal_of(size)

    assert isinstance(refusal, error)
    assert "1000 were announced" in refusal.message


def test_a_cancelled_link_takes_nothing():
    assert isinstance(link(is_cancelled=True).refusal_of(1000), UploadCancelledError)


def test_a_link_can_be_renewed_for_as_long_as_storage_keeps_its_blocks():
    assert link().is_renewable(NOW + RENEWABLE_FOR - timedelta(seconds=1))
    assert not link().is_renewable(NOW + RENEWABLE_FOR)
    assert not link(is_cancelled=True).is_renewable(NOW)


def test_what_is_too_large_for_one_request_comes_in_blocks():
    assert mode_for(LARGEST_SINGLE_BYTES) is Mode.SINGLE
    assert mode_for(LARGEST_SINGLE_BYTES + 1) is Mode.BLOCKS


@pytest.mark.parametrize(
    ("content_type", "is_media"),
    [
        ("", True),
        ("image/heic", True),
        ("VIDEO/MP4; codecs=avc1", True),
        ("application/octet-stream", True),
        ("application/x-matroska", True),
        ("application/pdf", False),
        ("text/html", False),
        ("audio/mpeg", False),
    ],
)
def test_what_is_surely_no_media_is_known_by_its_type(content_type, is_media):
    assert may_be_media(content_type) is is_media
