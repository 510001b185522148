"""Names must round-trip, never collide, and end up where people look for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.naming import LONGEST_BLOB_NAME, blob_name_of, file_type, processed_name, row_key

FORBIDDEN_IN_ROW_KEYS = set("/\\#?%\t\n") | {chr(code) for code in (*range(32), *range(127, 160))}


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200))
def test_any_name_survives_the_row_key_and_back(name: str) -> None:
    key = row_key(name)

    assert blob_name_of(key) in (name, None)
    assert not FORBIDDEN_IN_ROW_KEYS & set(key)
    assert len(key) <= 400


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300),
        min_size=2,
        max_size=2,
        unique=True,
    )
)
def test_two_names_never_share_a_row_key(names: list[str]) -> None:
    assert row_key(names[0]) != row_key(names[1])


def test_composed_and_decomposed_letters_stay_two_names() -> None:
    assert row_key("caf\u00e9.jpg") != row_key("cafe\u0301.jpg")


def test_a_long_name_is_hashed() -> None:
    key = row_key("ü" * 1024)

    assert len(key) == 66
    assert blob_name_of(key) is None


@pytest.mark.parametrize(
    ("upload", "extension", "result"),
    [
        ("upload-1234567890.mp4", "mp4", "processed-1234567890.mp4"),
        ("upload-1.MOV", "mp4", "processed-1.mp4"),
        ("holiday.jpg", "webp", "holiday.webp"),
        ("a/b/upload-x.png", "webp", "a/b/processed-x.webp"),
        ("upload-1/clip.avi", "mp4", "upload-1/clip.mp4"),
        ("my-upload-1.gif", "webp", "my-upload-1.webp"),
        ("no extension", "mp4", "no extension.mp4"),
        ("archive.tar.mp4", "mp4", "archive.tar.mp4"),
        ("v1.2 final cut", "mp4", "v1.2 final cut.mp4"),
        (".jpg", "webp", ".jpg.webp"),
    ],
)
def test_results_are_named_after_their_upload(upload: str, extension: str, result: str) -> None:
    assert processed_name(upload, extension) == result


def test_results_of_two_uploads_can_be_told_apart() -> None:
    names = {processed_name(name, "webp", tell_apart=True) for name in ("a.png", "a.jpg")}

    assert len(names) == 2
    assert all(name.startswith("a-") and name.endswith(".webp") for name in names)


@given(st.text("ab/.ü", min_size=1, max_size=LONGEST_BLOB_NAME))
def test_a_result_name_is_never_too_long(name: str) -> None:
    assert len(processed_name(name, "webp")) <= LONGEST_BLOB_NAME


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.MP4", "mp4"), ("x/y.tar.gz", "gz"), ("noext", ""), ("dir.d/file", ""), ("ends.", "")],
)
def test_the_file_type_is_the_extension_in_lower_case(name: str, expected: str) -> None:
    assert file_type(name) == expected
