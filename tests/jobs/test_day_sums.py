"""What is counted of a day, and what follows from that."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import transitions
from jobs.day_sums import BOUNDS, Sums, decode, encode, merged, sums_of
from jobs.index_entry import IndexEntry, entry_of, is_about, newest_first
from jobs.job import Status

from .samples import BEGIN, FULL, NOW, RESULT

ENTRY = entry_of(replace(FULL, status=Status.COMPLETED, failed_at=None), "")


def took(seconds: float) -> IndexEntry:
    return replace(ENTRY, seconds=seconds)


def test_an_entry_follows_from_the_row_whatever_its_status_has_become() -> None:
    done = replace(FULL, status=Status.COMPLETED, failed_at=None)

    entry = entry_of(done, "acme")

    assert entry == entry_of(transitions.expired(done, NOW), "acme")
    assert entry.partition == "acme|20260301"
    assert entry.key == f"{newest_first(BEGIN)}-{done.key}"
    assert (entry.status, entry.bytes_before, entry.bytes_after) == (
        *(Status.COMPLETED, 5_000_000),
        RESULT.compressed_size,
    )
    assert is_about(entry, done)
    assert not is_about(entry, replace(done, upload_etag="0x9"))


def test_an_entry_of_what_failed_says_why_and_one_of_what_goes_on_has_no_end() -> None:
    failed = entry_of(replace(FULL, completed_at=None, result=None), "")
    waiting = entry_of(replace(FULL, completed_at=None, failed_at=None), "")

    assert (failed.status, failed.error_code) == (Status.FAILED, "CORRUPT")
    assert (waiting.status, waiting.error_code, waiting.settled_at) == (None, None, None)


@given(st.lists(st.integers(0, 10**9), min_size=2, unique=True))
def test_later_jobs_stand_before_earlier_ones(offsets: list[int]) -> None:
    times = sorted(BEGIN + timedelta(microseconds=each) for each in offsets)

    assert sorted(times, key=newest_first) == times[::-1]


def test_sums_tell_shares_bytes_and_times() -> None:
    sums = sums_of(
        [took(1.0)] * 90
        + [took(30.0)] * 10
        + [replace(ENTRY, status=Status.FAILED)] * 25
        + [replace(ENTRY, status=None)]
    )["mp4"]

    assert (sums.jobs, sums.completed, sums.failed) == (126, 100, 25)
    assert sums.success_share == pytest.approx(0.8)
    assert sums.bytes_saved == 100 * (5_000_000 - RESULT.compressed_size)
    assert sums.seconds_of(0.5) == pytest.approx(1.0, rel=0.2)
    assert sums.seconds_of(0.9) == pytest.approx(1.0, rel=0.2)
    assert sums.seconds_of(0.95) == pytest.approx(30.0, rel=0.2)


def test_where_nothing_ended_there_is_no_share_and_no_time() -> None:
    assert (Sums().success_share, Sums().seconds_of(0.5)) == (None, None)
    assert sums_of([took(1e6)])["mp4"].seconds_of(0.5) == BOUNDS[-1]


ENTRIES = st.lists(
    st.builds(
        lambda kind, status, seconds: replace(
            ENTRY, file_type=kind, status=status, seconds=seconds
        ),
        st.sampled_from(["", "png", "mp4"]),
        st.sampled_from([None, Status.FAILED, Status.COMPLETED]),
        st.floats(0, 10_000),
    )
)


@given(ENTRIES, ENTRIES)
def test_what_is_counted_apart_is_the_same_together_and_after_it_was_stored(
    one: list[IndexEntry], other: list[IndexEntry]
) -> None:
    whole, parts = sums_of(one + other), [decode(encode(sums_of(each))) for each in (one, other)]

    for kind in ("", "png", "mp4"):
        assert merged(part[kind] for part in parts if kind in part) == whole.get(kind, Sums())
