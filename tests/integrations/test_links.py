"""Links: one blob, read only, for a limited time."""

import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from azure.storage.blob import BlobServiceClient, UserDelegationKey

from integrations.links import Links
from integrations.results import NewResult, Results
from jobs.marks import Marks

NAME = "ordner/ü #1?%.webp"


@pytest.fixture
def link(results: Results, links: Links, tmp_path: Path) -> str:
    (tmp_path / "result").write_bytes(b"result")
    name = f"{uuid4().hex}/{NAME}"
    results.store(NewResult(name, tmp_path / "result", "image/webp", Marks()), None)
    now = datetime.now(UTC)
    return links.read_link(results.client(name), now + timedelta(minutes=1), now)


def status(url: str, method: str = "GET", data: bytes | None = None) -> int:
    headers = {"x-ms-blob-type": "BlockBlob", "x-ms-version": "2021-12-02"} if data else {}
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_a_link_downloads_its_blob_whatever_its_name(link: str) -> None:
    with urllib.request.urlopen(link, timeout=60) as answer:
        assert answer.read() == b"result"


def test_a_link_opens_no_other_blob(link: str) -> None:
    assert status(link.replace(".webp?", ".png?")) == 403


def test_a_link_cannot_write_or_delete(link: str) -> None:
    assert status(link, "PUT", b"evil") == 403
    assert status(link, "DELETE") == 403


def test_a_link_ends(results: Results, links: Links) -> None:
    now = datetime.now(UTC)

    link = links.read_link(results.client("any"), now - timedelta(seconds=1), now)

    assert status(link) == 403


def test_without_a_link_nothing_can_be_read(link: str) -> None:
    assert status(link.partition("?")[0]) in (403, 404)


def signature(address: str) -> str:
    """The signature of a link made under a managed identity, with a key that was fetched before."""
    now = datetime(2026, 1, 2, tzinfo=UTC)
    links = Links(BlobServiceClient(address), "media")
    links._delegation_key_ends = now + timedelta(days=1)
    links._delegation_key = key = UserDelegationKey()
    key.signed_oid = key.signed_tid = key.signed_service = key.signed_version = "x"
    key.signed_start = key.signed_expiry = "2026-01-02T00:00:00Z"
    key.value = "c2VjcmV0"
    client = BlobServiceClient(address).get_blob_client("processed", "a.webp")
    link = links.read_link(client, now + timedelta(hours=1), now)
    return parse_qs(urlsplit(link).query)["sig"][0]


def test_a_link_through_a_custom_domain_is_signed_for_the_account() -> None:
    plain = signature("https://media.blob.core.windows.net")

    assert signature("https://cdn.example.com") == plain
