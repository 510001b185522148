"""Health, documentation, the test route, and what leaves when something breaks."""

import itertools
import re
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from socket import create_server

import httpx2
import pytest

from api.app import create_api
from api.http_route import METHODS, OTHERWISE_PATH, http_routes
from integrations.storage import blob_service
from lifecycle.services import Services, connect
from order import OPTIONS
from settings import Settings
from version import VERSION

from .conftest import KEY, served

ROOT = Path(__file__).parents[2]


def settings_of_a_lost_account() -> Settings:
    nobody = "http://127.0.0.1:1/a"
    return settings_of(f"BlobEndpoint={nobody};QueueEndpoint={nobody};TableEndpoint={nobody}")


def settings_of(addresses: str) -> Settings:
    return Settings(  # type: ignore[call-arg]
        API_KEY=KEY,
        AzureWebJobsStorage="DefaultEndpointsProtocol=http;AccountName=lost;AccountKey=YQ==;"
        + addresses,
    )


def test_health_is_public_and_says_that_all_is_well(stranger: httpx2.Client) -> None:
    answer = stranger.get("/api/health")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "healthy",
        "storage": "ok",
        "ffmpeg": "ok",
        "work_dir": "ok",
        "decoder": "ok",
        "version": VERSION,
    }


def test_the_version_is_the_same_wherever_it_is_said(stranger: httpx2.Client) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["version"] == VERSION
    assert stranger.get("/api/openapi.json").json()["info"]["version"] == VERSION


def test_health_says_when_storage_is_away(services: Services) -> None:
    with served(create_api(connect(settings_of_a_lost_account()))) as address:
        answer = httpx2.get(f"{address}/api/health", timeout=180)

    assert answer.status_code == 503
    assert answer.json()["storage"] == "unavailable"
    assert "127.0.0.1" not in answer.text
    assert blob_service(services.settings).account_name not in answer.text


def test_health_names_the_part_that_is_missing(services: Services, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = services.settings.model_copy(update={"work_dir": tmp_path / "file"})
    with served(create_api(replace(services, settings=settings))) as address:
        answer = httpx2.get(f"{address}/api/health", timeout=180)

    assert answer.status_code == 503
    assert (answer.json()["work_dir"], answer.json()["storage"]) == ("unavailable", "ok")


def test_storage_that_never_answers_holds_nobody_who_asks_for_health() -> None:
    many = 64  # more than the API has threads
    with create_server(("127.0.0.1", 0), backlog=many) as deaf:
        place = f"http://127.0.0.1:{deaf.getsockname()[1]}/a"
        settings = settings_of(f"BlobEndpoint={place};QueueEndpoint={place};TableEndpoint={place}")
        with (
            served(create_api(connect(settings))) as address,
            httpx2.Client(base_url=address, timeout=180) as client,
            ThreadPoolExecutor(many) as pool,
        ):
            answers = list(pool.map(lambda _: client.get("/api/health"), range(many)))

    # All came while the first question was still open: nobody has refused it.
    assert {(each.status_code, each.json()["storage"]) for each in answers} == {(503, "unknown")}


def test_an_outage_is_a_problem_with_status_503(services: Services) -> None:
    with served(create_api(connect(settings_of_a_lost_account()))) as address:
        answer = httpx2.get(
            f"{address}/api/status",
            params={"blob_name": "a"},
            headers={"X-API-Key": KEY},
            timeout=180,
        )

    assert (answer.status_code, answer.json()["code"]) == (503, "STORAGE_UNAVAILABLE")


def test_a_surprise_tells_the_client_nothing(services: Services) -> None:
    def broken_clock() -> None:
        raise RuntimeError("secret detail")

    broken = replace(services, clock=broken_clock, jobs=None)  # type: ignore[arg-type]
    with served(create_api(broken)) as address:
        answer = httpx2.get(
            f"{address}/api/status", params={"blob_name": "a"}, headers={"X-API-Key": KEY}
        )

    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    assert "NoneType" not in answer.text


def test_every_route_becomes_a_function_with_a_name_of_its_own(services: Services) -> None:
    api = create_api(services)
    *routes, otherwise = http_routes(api)

    described = {(path, m.upper()) for path, ms in api.openapi()["paths"].items() for m in ms}
    documents = {("/api/openapi.json", "GET"), ("/api/docs", "GET")}
    assert {(route.path, route.methods[0]) for route in routes} == described | documents
    assert all("HEAD" in route.methods for route in routes if "GET" in route.methods)
    assert len({route.name for route in routes}) == len(routes)
    assert all(re.fullmatch(r"[a-z][a-z_]*", route.name) for route in routes)
    # The host tries them in this order.
    assert max(route.name for route in routes) < otherwise.name
    assert (otherwise.path, otherwise.methods) == (OTHERWISE_PATH, METHODS)


def could_meet(one: str, other: str) -> bool:
    """Whether a path could match both templates."""
    ours, theirs = one.strip("/").split("/"), other.strip("/").split("/")
    return len(ours) == len(theirs) and all(
        a.lower() == b.lower() or a.startswith("{") or b.startswith("{")
        for a, b in zip(ours, theirs, strict=True)
    )


def test_no_path_has_two_routes_as_the_host_would_choose_by_the_name(services: Services) -> None:
    routes = http_routes(create_api(services))[:-1]

    meeting = [
        (one, other)
        for one, other in itertools.combinations(routes, 2)
        if set(one.methods) & set(other.methods) and could_meet(one.path, other.path)
    ]

    assert meeting == []
    assert could_meet("/a/{id}", "/a/b")
    assert not any(
        route.path.startswith(f"/{word}") for route in routes for word in ("admin", "runtime")
    )


def test_a_form_is_described_with_its_file_its_id_and_every_option(stranger) -> None:
    paths = stranger.get("/api/openapi.json").json()["paths"]
    content = paths["/compress"]["post"]["requestBody"]["content"]

    schema = content["multipart/form-data"]["schema"]

    assert schema["required"] == ["file", "media_id"]
    assert set(schema["properties"]) == {"file", "media_id", *(each.name for each in OPTIONS)}


def test_test_process_starts_a_job(client: httpx2.Client, services: Services, name: str) -> None:
    services.uploads._container.upload_blob(name, b"data")

    answer = client.post("/api/test-process", json={"blob_name": name})

    assert (answer.status_code, answer.json()["status"]) == (202, "queued")


def test_test_process_needs_the_key(stranger: httpx2.Client) -> None:
    assert stranger.post("/api/test-process", json={"blob_name": "a"}).status_code == 401


def test_test_process_does_not_know_missing_uploads(client: httpx2.Client) -> None:
    answer = client.post("/api/test-process", json={"blob_name": "never.png"})

    assert (answer.status_code, answer.json()["code"]) == (404, "UNKNOWN_JOB")


def test_the_key_is_asked_for_before_anything_else(stranger: httpx2.Client) -> None:
    assert stranger.post("/api/test-process", content=b"not json").status_code == 401


def test_the_documentation_names_the_refusals_that_there_are(stranger: httpx2.Client) -> None:
    paths = stranger.get("/api/openapi.json").json()["paths"]

    described = paths["/api/status"]["get"]["responses"]
    assert set(described) == {
        "200",
        "304",
        "400",
        "401",
        "403",
        "404",
        "410",
        "422",
        "429",
        "503",
        "default",
    }
    assert set(described["400"]["content"]) == {"application/problem+json"}
    assert set(paths["/api/test-process"]["post"]["responses"]) == {
        "202",
        "400",
        "401",
        "403",
        "404",
        "410",
        "422",
        "503",
        "default",
    }


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{}", b"[1]", b'{"blob_name": ""}', b"not json", b'{"blob_name": "\\ud800"}'),
        *(b"\xff", b'{"blob_name": "a"}' + bytes(600 * 1024)),
    ],
)
def test_test_process_refuses_nonsense(client: httpx2.Client, body: bytes) -> None:
    answer = client.post(
        "/api/test-process", content=body, headers={"Content-Type": "application/json"}
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_REQUEST")
    assert answer.headers["content-type"] == "application/problem+json"


def test_test_process_does_not_exist_unless_enabled(services: Services) -> None:
    settings = services.settings.model_copy(update={"enable_test_endpoint": False})
    with served(create_api(replace(services, settings=settings))) as address:
        answer = httpx2.post(
            f"{address}/api/test-process", json={"blob_name": "a"}, headers={"X-API-Key": KEY}
        )

    assert answer.status_code == 404
