"""What a client's text looks like in a line for people."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visible_text import visible

UNSEEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ürlaub 2026 (1).jpg", "Ürlaub 2026 (1).jpg"),
        ("写真 😀.heic", "写真 😀.heic"),
        ("a\nb\x1b[2J", r"a\nb\x1b[2J"),
        ("photo\u202egpj.exe", r"photo\u202egpj.exe"),
        ("a\u200bb\u2060c\ufeff", r"a\u200bb\u2060c\ufeff"),
        ("\u2066a\u2069 b\u00ad", r"\u2066a\u2069 b\xad"),
        ("\u3164\u115f\u2800", r"\u3164\u115f\u2800"),
        ("a\u00a0b\u2028", r"a\xa0b\u2028"),
        ("a\U000e0041\ufe01", r"a\U000e0041\ufe01"),
        ("\udcff", r"\udcff"),
    ],
)
def test_what_hides_or_turns_a_line_is_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_nothing_unseen_is_left(text: str) -> None:
    assert not UNSEEN & {unicodedata.category(each) for each in visible(text)}
    assert visible(visible(text)) == visible(text)
