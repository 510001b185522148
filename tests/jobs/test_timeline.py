"""The timeline: bounded, in order, the latest last, and read back as it was written."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from jobs.timeline import MOST_TRANSITIONS, Transition, decode, encode, extended

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
# A property of Table Storage holds 64 KiB of UTF-16.
COLUMN_BYTES = 64 * 1024
TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
TRANSITIONS = st.builds(
    Transition,
    at=st.datetimes(timezones=st.just(UTC)),
    to=st.sampled_from(["queued", "processing", "completed", "failed", "expired"]),
    attempt=st.integers(0, 1000),
    error_code=TEXTS,
    upload_etag=TEXTS,
)


@given(st.lists(TRANSITIONS, max_size=5).map(tuple))
def test_a_timeline_is_read_back_as_it_was_written(timeline: tuple[Transition, ...]) -> None:
    assert decode(encode(timeline)) == timeline


def test_a_row_without_a_timeline_has_an_empty_one() -> None:
    assert decode(None) == ()


@given(st.integers(0, 3 * MOST_TRANSITIONS))
def test_the_latest_transitions_stay_in_their_order(count: int) -> None:
    every = tuple(Transition(NOON + timedelta(seconds=n), "queued", n) for n in range(count))

    timeline: tuple[Transition, ...] = ()
    for each in every:
        timeline = extended(timeline, each)

    assert timeline == every[-MOST_TRANSITIONS:]


def test_the_longest_timeline_fits_its_column() -> None:
    longest = Transition(
        NOON + timedelta(microseconds=1), "processing", 10**6, "STORAGE_UNAVAILABLE", "0x8DE" * 7
    )

    written = encode((longest,) * MOST_TRANSITIONS)

    assert len(written.encode("utf-16-le")) <= COLUMN_BYTES
    assert len(written) <= 200 * MOST_TRANSITIONS
