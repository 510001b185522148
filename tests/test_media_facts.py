"""What is known of a photo or a video, written and read again."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_facts import MediaFacts

FILM = MediaFacts(1920, 1080, "hevc", 12.5, 29.97, "aac")
PHOTO = MediaFacts(4032, 3024, "jpeg")


@pytest.mark.parametrize("facts", [FILM, PHOTO])
def test_what_was_written_is_read_again(facts: MediaFacts) -> None:
    assert MediaFacts.decode(facts.encode()) == facts


def test_what_is_not_known_is_not_written() -> None:
    assert json.loads(PHOTO.encode()) == {"width": 4032, "height": 3024, "codec": "jpeg"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 0},
        {"height": -1},
        {"width": 10**9},
        {"codec": ""},
        {"codec": "x" * 41},
        {"codec": "a\nb"},
        {"codec": "ä"},
        {"sound": "x" * 41},
        {"duration_s": -1.0},
        {"duration_s": float("nan")},
        {"duration_s": float("inf")},
        {"frame_rate": 1e9},
    ],
)
def test_no_file_has_such_facts(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no file"):
        MediaFacts(**{**FILM.to_json(), **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [None, "", "null", "[]", "{}", "not json", '{"width": "a"}', "1"])
def test_anything_else_is_read_as_nothing(text: str | None) -> None:
    assert MediaFacts.decode(text) is None


@given(st.text(max_size=100))
def test_no_text_does_more_than_be_nothing(text: str) -> None:
    assert MediaFacts.decode(text) is None
