"""What is refused at /api/uploads, and by which code."""

import pytest

from .links import ask, code


@pytest.mark.parametrize("name", ["never.png", "0b9d3c61-5c7e-4b1a-9f00-8d4f6a1e2c33/never.png"])
def test_a_name_without_a_link_is_404(client, name) -> None:
    asked = {"blob_name": name}

    answers = [
        client.get("/api/uploads", params=asked),
        client.delete("/api/uploads", params=asked),
        client.post("/api/uploads/complete", params=asked),
    ]

    assert {code(answer) for answer in answers} == {(404, "UNKNOWN_UPLOAD")}


@pytest.mark.parametrize(
    ("name", "expected"), [("", "MISSING_BLOB_NAME"), ("../x", "INVALID_NAME")]
)
def test_a_name_that_is_none_is_400(client, name, expected) -> None:
    assert code(client.get("/api/uploads", params={"blob_name": name})) == (400, expected)


@pytest.mark.parametrize(
    ("file", "status", "expected"),
    [
        ({"size": 0}, 400, "EMPTY_FILE"),
        ({"size": 6 << 30}, 413, "LIMIT_SIZE"),
        ({"type": "application/pdf"}, 415, "UNSUPPORTED"),
        ({"options": {"profile": "nonsense"}}, 422, "INVALID_OPTION"),
        ({"options": {"nonsense": 1}}, 422, "INVALID_OPTION"),
        ({"size": 1 << 30, "mode": "single"}, 422, "INVALID_REQUEST"),
    ],
)
def test_where_one_file_is_refused_none_has_a_link(client, file, status, expected) -> None:
    good = {"name": "a.png", "size": 1}

    answer = ask(client, good, good, good | file)

    assert code(answer) == (status, expected)
    assert answer.json()["detail"].startswith("files[2]: ")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"not json",
        b'{"files": []}',
        b'{"files": [{"name": "a"}]}',
        b'{"files": [{"name": "", "size": 1}]}',
        b'{"files": [{"name": "a", "size": "many"}]}',
        b'{"files": [{"name": "a", "size": 1, "mode": "other"}]}',
        b'{"files": [{"name": "a", "size": 1, "blob_name": "mine.png"}]}',
        b'{"files": [' + b",".join([b'{"name": "a", "size": 1}'] * 101) + b"]}",
        b'{"files": [{"name": "a", "size": 1}], "folder": 1}',
    ],
)
def test_a_body_of_another_form_is_refused(client, body) -> None:
    answer = client.post("/api/uploads", content=body)

    assert code(answer) == (422, "INVALID_REQUEST")


@pytest.mark.parametrize("folder", ["..", "a/../b", "a/./b", "\0", "a\\..\\b", "a\nb"])
def test_a_folder_that_leads_elsewhere_is_refused(client, folder) -> None:
    assert code(ask(client, {"name": "a", "size": 1}, folder=folder)) == (400, "INVALID_NAME")


def test_links_are_made_for_keys_only(stranger, service_client, photo) -> None:
    answers = [
        ask(stranger, {"name": "a", "size": 1}),
        stranger.get("/api/uploads"),
        stranger.delete("/api/uploads"),
        stranger.post("/api/uploads/complete", content=b"x" * 100),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert ask(service_client, {"name": "a", "size": 1}).status_code == 201
