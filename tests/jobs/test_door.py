"""The names that are made for files sent to us, and what a name tells."""

import unicodedata
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors.requests import InvalidNameError
from jobs.door import Door, door_of, linked_name, plain_file_name, sent_name
from jobs.naming import can_be_stored

UNIQUE = UUID("0b9d3c61-5c7e-4b1a-9f00-8d4f6a1e2c33")


@pytest.mark.parametrize(
    ("name", "door"),
    [
        (f"compress/{UNIQUE}.mp4", Door.FORM),
        (f"video/{UNIQUE}.mkv", Door.FORM),
        (f"acme/compress/{UNIQUE}.jpg", Door.FORM),
        (f"{UNIQUE}/photo.jpg", Door.LINK),
        (f"web/visitor/{UNIQUE}/Ferien 1.jpg", Door.LINK),
        ("upload-1.mp4", Door.STORAGE),
        (f"{UNIQUE}.mp4", Door.STORAGE),
        (f"compress/{UNIQUE}", Door.STORAGE),
        ("compress/photo.jpg", Door.STORAGE),
        (f"{UNIQUE}/", Door.STORAGE),
        (f"compress/{UNIQUE}.mp4\n", Door.STORAGE),
        (f"{str(UNIQUE).upper()}/photo.jpg", Door.STORAGE),
    ],
)
def test_the_name_of_an_upload_tells_how_it_came(name, door):
    assert door_of(name) is door


@given(st.text(max_size=300))
def test_whatever_a_file_is_called_its_link_has_a_name_of_our_making(given_name):
    name = linked_name("course/7", uuid4(), given_name)

    assert door_of(name) is Door.LINK
    assert can_be_stored(name)
    assert name.startswith("course/7/")
    assert name.count("/") == 3


@pytest.mark.parametrize("folder", ["", "a", "course 7/ü", "web/visitor-1/2026"])
def test_a_folder_with_plain_names_is_taken(folder):
    assert linked_name(folder, UNIQUE, "a.jpg").removesuffix(f"{UNIQUE}/a.jpg").strip("/") == folder


@pytest.mark.parametrize(
    "folder",
    ["..", "a/../b", ".", "a\\..\\b", "a//b", "/a", "a/", "a\nb", "a.", "a ", "\u202ea", "x" * 201],
)
def test_a_folder_that_somebody_would_read_otherwise_is_refused(folder):
    with pytest.raises(InvalidNameError):
        linked_name(folder, UNIQUE, "a.jpg")


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("photo.jpg", "photo.jpg"),
        ("Ferien 1 ü.JPG", "Ferien 1 ü.JPG"),
        (unicodedata.normalize("NFD", "ü.jpg"), "ü.jpg"),
        ("C:\\fakepath\\photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("gpj.\u202eexe.jpg", "gpj.exe.jpg"),
        ("a\r\nSet-Cookie: x.jpg", "aSet-Cookie: x.jpg"),
        ("  spaced . ", "spaced"),
        ("..", "file"),
        ("", "file"),
        ("\x00\x7f", "file"),
        ("x" * 300 + ".jpeg", "x" * 195 + ".jpeg"),
    ],
)
def test_a_file_name_is_what_every_disk_and_page_can_show(given_name, name):
    assert plain_file_name(given_name) == name


def test_a_file_sent_in_a_form_keeps_nothing_of_its_name():
    assert sent_name("compress", UNIQUE, "mp4") == f"compress/{UNIQUE}.mp4"
