"""What may be said of a result: one sentence for each code, and each code said somewhere."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notes import Note, NoteCode, decode_notes, encode_notes

PROCESSING = Path(__file__).parents[1] / "processing"


@pytest.mark.parametrize("code", NoteCode)
def test_a_note_is_a_finished_sentence(code):
    values = ("8",) * code.value.count("{}")

    sentence = Note(code, values).sentence

    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert "{" not in sentence


def test_a_note_without_its_values_is_no_sentence():
    with pytest.raises(IndexError):
        _ = Note(NoteCode.COLORS_REDUCED).sentence


@given(st.lists(st.sampled_from(NoteCode)), st.text(st.characters(exclude_categories=["Cs"])))
def test_notes_are_read_back_as_they_were_written(codes, value):
    notes = tuple(Note(code, (value,) * code.value.count("{}")) for code in codes)

    text = encode_notes(notes)

    assert text.isascii()
    assert decode_notes(text) == notes


@pytest.mark.parametrize("text", [None, "", ",", "OF_ANOTHER", "COLORS_REDUCED", "SIZE_KEPT:1"])
def test_what_this_version_cannot_say_is_left_out(text):
    assert decode_notes(text) == ()
    assert decode_notes(f"{text},SIZE_KEPT") == (Note(NoteCode.SIZE_KEPT),)


def test_every_code_is_said_somewhere():
    said = {
        node.attr
        for path in PROCESSING.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "NoteCode"
    }

    assert said == {code.name for code in NoteCode}
