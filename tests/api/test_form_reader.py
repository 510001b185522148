"""A multipart form, read while it comes: every rule, whatever pieces it comes in."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from api.form_reader import FormReader
from errors.requests import BadFormError

BOUNDARY = "----x"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
CONTENT = bytes(range(256)) * 40


def part(disposition: str, content: bytes = b"v", *headers: str) -> bytes:
    head = "\r\n".join([f"Content-Disposition: {disposition}", *headers])
    return f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"


def field(name: str, content: bytes = b"v") -> bytes:
    return part(f'form-data; name="{name}"', content)


def file(content: bytes = CONTENT, name: str = "file") -> bytes:
    return part(f'form-data; name="{name}"; filename="a.jpg"', content, "Content-Type: image/jpeg")


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def read(body: bytes, content_type: str = CONTENT_TYPE, piece: int = 65536) -> tuple[dict, bytes]:
    reader = FormReader(content_type)
    found = []
    for begin in range(0, len(body), piece):
        found += reader.feed(body[begin : begin + piece])
    reader.end()
    return reader.fields, b"".join(found)


def test_fields_are_kept_and_the_file_is_passed_on():
    fields, content = read(form(field("media_id", "ü".encode()), file(), field("profile", b"seed")))

    assert fields == {"media_id": "ü", "profile": "seed"}
    assert content == CONTENT


@given(st.integers(1, 200), st.binary(max_size=500))
def test_it_does_not_matter_in_which_pieces_a_form_comes(piece, content):
    tricky = content + f"\r\n--{BOUNDARY[:-1]}".encode() + content
    assume(f"\r\n--{BOUNDARY}".encode() not in tricky)
    body = form(field("media_id"), file(tricky))

    assert read(body, piece=piece) == ({"media_id": "v"}, tricky)


@pytest.mark.parametrize(
    "disposition",
    [
        "form-data; name=\"file\"; filename*=UTF-8''%e2%82%ac.jpg",
        "form-data; name=file; filename=a.jpg",
        'form-data; filename="a.jpg"; name="file"',
        'FORM-DATA; name="file"; filename=""',
    ],
)
def test_a_part_with_a_file_name_of_any_spelling_is_the_file(disposition):
    assert read(form(part(disposition, CONTENT)))[1] == CONTENT


def test_the_boundary_may_be_quoted():
    assert read(form(file()), f'multipart/form-data; charset=utf-8; boundary="{BOUNDARY}"')


def test_an_empty_file_is_a_file():
    assert read(form(file(b""))) == ({}, b"")


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        f"multipart/form-data; boundary={'x' * 71}",
        "multipart/mixed; boundary=x",
        "multipart/form-data; boundary=" + "x" * 300,
    ],
)
def test_what_is_not_declared_as_a_form_is_refused_unread(content_type):
    with pytest.raises(BadFormError):
        FormReader(content_type)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage " * 100,
        form(),
        form(field("media_id")),
        form(file(), file()),
        form(file(name="other")),
        form(field("file")),
        form(field("a"), field("a"), file()),
        form(*(field(f"f{n}") for n in range(16)), file()),
        form(*(field(f"f{n}") for n in range(10_000)), file()),
        form(field("a", b"x" * 8193), file()),
        form(field("a", b"x" * 3_000_000), file()),
        form(field("a", b"\xff"), file()),
        form(part('form-data; filename="a.jpg"', CONTENT)),
        form(part('attachment; name="file"; filename="a.jpg"', CONTENT)),
        form(part("form-data; name=file; filename=a", CONTENT, "X: " + "y" * 5000)),
        form(part("form-data; name=file; filename=a", CONTENT, *["X: y"] * 9)),
        form(part("form-data; name=file; filename=a", CONTENT, "X" * 2_000_000)),
        form(part("form-data; name=file; filename=a", CONTENT, "no colon")),
        form(file())[:-8],
        field("media_id") + file(),
        f"--{BOUNDARY}\r\n".encode(),
        form(file()) + b"after the end" * 30_000,
    ],
    ids=range(23),
)
@pytest.mark.parametrize("piece", [1 << 30, 1000])
def test_anything_else_is_refused(body, piece):
    with pytest.raises(BadFormError):
        read(body, piece=piece)


@given(st.binary(max_size=2000))
def test_no_garbage_does_more_than_be_refused(garbage):
    with pytest.raises(BadFormError):
        read(b"--" + BOUNDARY.encode() + garbage)


def test_a_refusal_comes_before_the_rest_of_the_form():
    reader = FormReader(CONTENT_TYPE)

    with pytest.raises(BadFormError):
        reader.feed(field("a") + field("a"))


def test_nothing_is_kept_of_a_file():
    reader = FormReader(CONTENT_TYPE)
    reader.feed(file(b"")[:-2])

    pieces = [piece for _ in range(50) for piece in reader.feed(CONTENT)]

    assert b"".join(pieces) == CONTENT * 50
    assert sum(len(value) for value in vars(reader).values() if isinstance(value, bytes)) < 100
