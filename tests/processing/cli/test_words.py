"""Sizes, times and names read well."""

import pytest

from processing.cli.words import clock_text, name_text, shortened, size_text, time_text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (9_960, "10 kB"),
        (412_345, "412 kB"),
        (999_600, "1.0 MB"),
        (3_600_000, "3.6 MB"),
        (5_368_709_120, "5.4 GB"),
        (4_000_000_000_000, "4000 GB"),
    ],
)
def test_sizes_have_two_or_three_digits(size_bytes, text):
    assert size_text(size_bytes) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.213, "0.21 s"),
        (0.996, "1.0 s"),
        (9.5, "9.5 s"),
        (12.4, "12 s"),
        (59.7, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3720, "1 h 2 min"),
    ],
)
def test_times_have_the_unit_that_fits(seconds, text):
    assert time_text(seconds) == text


def test_a_clock_counts_down_like_a_players():
    assert [clock_text(seconds) for seconds in (0, 12, 60, 3723)] == [
        *("0:00", "0:12", "1:00", "1:02:03"),
    ]


def test_a_name_cannot_hold_a_terminals_commands():
    assert name_text("a\x1b[2J\n\u202eb\udcff.jpg") == r"a\x1b[2J\n\u202eb\udcff.jpg"


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("holiday.jpg", 11, "holiday.jpg"),
        ("holiday.jpg", 6, "holid~"),
        ("\u4f11\u65e5.jpg", 8, "\u4f11\u65e5.jpg"),
        ("\u4f11\u65e5.jpg", 4, "\u4f11~"),
        ("holiday.jpg", 1, "~"),
    ],
)
def test_a_line_is_shortened_by_columns_not_by_letters(text, columns, shown):
    assert shortened(text, columns) == shown
