"""The message that wakes a dispatcher."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.delivery_message import decode, encode
from jobs.message import UnreadableMessageError


@given(st.frozensets(st.text()))
def test_a_message_comes_back(endpoint_ids: frozenset[str]) -> None:
    assert decode(encode(endpoint_ids).encode()) == endpoint_ids


def test_nothing_of_ours_stands_at_the_top_level() -> None:
    """The host merges such keys over the message's own."""
    assert set(json.loads(encode(["a"]))) == {"v", "delivery"}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\xff", b"1", b"[]", b"{}", b'{"v": 2, "delivery": {"endpoints": []}}', b"[" * 10_000,
        b'{"v": 1}', b'{"v": 1, "delivery": []}', b'{"v": 1, "delivery": {"endpoints": [1]}}',
        b'{"v": 1, "delivery": {"endpoints": 7}}', b'{"v": 1, "job": {}}',
    ],
)  # fmt: skip
def test_what_is_no_message_of_ours_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableMessageError):
        decode(body)
