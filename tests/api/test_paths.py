"""Paths in every spelling, HEAD, and what is answered where there is no such path or method."""

from dataclasses import replace

import httpx2
import pytest

from api.app import create_api
from lifecycle.services import Services

from .conftest import KEY, served
from .forms import compress, new_id


def problem_in(answer: httpx2.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("path", ["/api/limits", "/health", "/api/openapi.json", "/api/docs"])
def test_case_and_slashes_at_the_end_of_a_path_change_nothing(
    stranger: httpx2.Client, path: str
) -> None:
    usual = stranger.get(path)

    for other in (f"{path}/", f"{path}//", path.upper(), path.title() + "/"):
        answer = stranger.get(other, follow_redirects=False)

        assert (answer.status_code, answer.content) == (200, usual.content)


def test_a_parameter_in_a_path_keeps_its_case(client: httpx2.Client, photo: bytes) -> None:
    media_id = new_id() + "Aa"
    assert compress(client, photo, media_id).is_success

    assert client.get(f"/STATUS/{media_id}/").json()["mediaId"] == media_id
    assert client.get(f"/status/{media_id.lower()}").json()["status"] == "not_found"


def test_a_repeated_form_is_known_by_its_key_whatever_the_case_of_its_path(
    client: httpx2.Client, photo: bytes
) -> None:
    media_id, headers = new_id(), {"Idempotency-Key": new_id()}
    first = compress(client, photo, media_id, headers=headers)

    again = client.post(
        "/Compress",
        files={"file": ("a.png", photo, "image/png")},
        data={"media_id": media_id},
        headers=headers,
    )

    assert again.json() == first.json()
    assert again.is_success


@pytest.mark.parametrize(
    "path",
    [
        "/health",
        "/api/health",
        "/api/docs",
        "/api/openapi.json",
        "/api/limits",
        "/api/status",
        "/api/nothing",
        "/nothing",
        "/",
    ],
)
def test_head_has_the_headers_of_get_and_no_body(stranger: httpx2.Client, path: str) -> None:
    got = stranger.get(path)

    head = stranger.head(path)

    assert (head.status_code, head.content) == (got.status_code, b"")
    assert headers_of(head) == headers_of(got)


def test_head_tells_where_a_job_stands(client: httpx2.Client) -> None:
    params = {"blob_name": "never.png"}

    head = client.head("/api/status", params=params)

    assert (head.status_code, head.content) == (404, b"")
    assert headers_of(head) == headers_of(client.get("/api/status", params=params))


def headers_of(answer: httpx2.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "date"}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_an_unknown_path_is_a_problem_with_its_code(stranger: httpx2.Client, method: str) -> None:
    for path in ("/api/nothing", "/wp-login.php", "/api/webhooks/a/b/c", "/api/%2e%2e/%00"):
        assert problem_in(stranger.request(method, path)) == (404, "UNKNOWN_PATH")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/api/health", "GET, HEAD"),
        ("OPTIONS", "/api/status", "GET, HEAD, POST"),
        ("HEAD", "/video/receive", "POST"),
        ("GET", "/Compress/", "POST"),
        ("PUT", "/api/uploads", "DELETE, GET, HEAD, POST"),
        ("PUT", "/api/webhooks/a", "DELETE, GET, HEAD, PATCH"),
        ("DELETE", "/api/docs", "GET, HEAD"),
    ],
)
def test_another_method_is_refused_with_those_that_the_path_has(
    stranger: httpx2.Client, method: str, path: str, allowed: str
) -> None:
    answer = stranger.request(method, path)

    assert answer.headers["allow"] == allowed
    if method != "HEAD":
        assert problem_in(answer) == (405, "WRONG_METHOD")


def test_every_refusal_has_its_code_and_is_not_stored(
    client: httpx2.Client, stranger: httpx2.Client
) -> None:
    json = {"Content-Type": "application/json"}

    assert problem_in(stranger.get("/api/status")) == (401, "UNAUTHORIZED")
    assert problem_in(client.get("/api/status")) == (400, "MISSING_BLOB_NAME")
    broken = client.post("/api/uploads", content=b"{", headers=json)
    assert problem_in(broken) == (422, "INVALID_REQUEST")
    other = {"files": [{"name": "a.exe", "size": 1, "type": "application/zip"}]}
    assert problem_in(client.post("/api/uploads", json=other)) == (415, "UNSUPPORTED")
    large = {"files": [{"name": "a.mp4", "size": 10**12}]}
    assert problem_in(client.post("/api/uploads", json=large)) == (413, "LIMIT_SIZE")
    wrong = client.get("/api/webhooks/none/deliveries", params={"state": "gone"})
    assert problem_in(wrong) == (422, "INVALID_REQUEST")


def test_a_surprise_is_not_stored_either(services: Services) -> None:
    broken = replace(services, jobs=None)  # type: ignore[arg-type]
    with served(create_api(broken)) as address:
        answer = httpx2.get(
            f"{address}/api/status", params={"blob_name": "a"}, headers={"X-API-Key": KEY}
        )

    assert problem_in(answer) == (500, "INTERNAL")
