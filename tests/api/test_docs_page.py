"""The page of the API's operations, in a real browser."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from api.app import create_api
from api.docs_page import page_of
from lifecycle.services import Services

from .conftest import served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OPENS_WITHIN_S = 120


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_browser_shows_every_operation_and_asks_nobody_else(
    stranger: httpx2.Client, tmp_path: Path
) -> None:
    log = tmp_path / "net.json"
    words = [CHROMIUM, "--headless=new", "--no-sandbox", f"--user-data-dir={tmp_path / 'profile'}"]
    words += [f"--log-net-log={log}", "--virtual-time-budget=2000", "--dump-dom"]
    ended = subprocess.run(
        [*words, str(stranger.base_url.join("/api/docs"))],
        capture_output=True,
        timeout=OPENS_WITHIN_S,
        check=True,
    )

    shown = ended.stdout.decode()
    paths = stranger.get("/api/openapi.json").json()["paths"]
    operations = [each for methods in paths.values() for each in methods.values()]
    assert shown.count("<details id=") > len(operations)
    assert all(f'<details id="{each["operationId"]}">' in shown for each in operations)
    assert all(f"<code>{path}</code>" in shown for path in paths)
    asked = asked_by_the_page(log, stranger)
    assert "/api/docs" in asked
    assert [each for each in asked if "://" in each] == []


def asked_by_the_page(log: Path, client: httpx2.Client) -> set[str]:
    """Addresses that were requested, apart from those that the browser asks for of its own."""
    origin = str(client.base_url).rstrip("/")
    events = [event.get("params") or {} for event in json.loads(log.read_text())["events"]]
    asked = [
        event["url"].removeprefix(origin)
        for event in events
        if "url" in event
        and (event["url"].startswith(origin) or event.get("initiator", "").startswith(origin))
    ]
    return set(asked)


def test_its_policy_allows_a_style_and_nothing_else(stranger: httpx2.Client) -> None:
    answer = stranger.get("/api/docs")

    policy = answer.headers["content-security-policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert [each for each in policy if "'none'" not in each and "sha256" not in each] == []
    assert "<script" not in answer.text
    assert "://" not in answer.text.partition("<h2>")[0]


def test_what_the_document_says_is_shown_as_it_stands(services: Services) -> None:
    document = create_api(services).openapi()
    document["paths"]["/api/limits"]["get"]["description"] = "<script>alert('a')</script>&amp;"

    assert "&lt;script&gt;alert(&#x27;a&#x27;)&lt;/script&gt;&amp;amp;" in page_of(document)


@pytest.fixture
def without_docs(services: Services) -> Iterator[httpx2.Client]:
    settings = services.settings.model_copy(update={"enable_api_docs": False})
    with (
        served(create_api(replace(services, settings=settings))) as address,
        httpx2.Client(base_url=address) as client,
    ):
        yield client


def test_a_setting_turns_the_page_and_the_document_off(without_docs: httpx2.Client) -> None:
    for path in ("/api/docs", "/api/docs/", "/api/openapi.json", "/docs", "/openapi.json"):
        answer = without_docs.get(path)

        assert (answer.status_code, answer.json()["code"]) == (404, "UNKNOWN_PATH")
    assert without_docs.get("/api/limits").is_success
