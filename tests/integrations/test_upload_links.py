"""Links to upload by, as Azurite understands them: each can do one thing, and nothing else."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx2
import pytest
from azure.storage.blob import BlobClient

from integrations.links import Links
from integrations.staged_uploads import StagedUploads, block_id
from integrations.storage import blob_service

BLOB = {"x-ms-blob-type": "BlockBlob"}


@pytest.fixture
def staged(settings, uploads):
    return StagedUploads(blob_service(settings))


@pytest.fixture
def client(staged) -> BlobClient:
    return staged.client(f"{uuid4()}/ein Foto #1.jpg")


def sign(link, client: BlobClient, minutes: float = 5) -> str:
    now = datetime.now(UTC)
    return link(client, now + timedelta(minutes=minutes), now)


def put(url: str, data: bytes = b"data", query: str = "", **headers: str) -> int:
    return httpx2.put(url + query, content=data, headers=headers).status_code


def attempts(url: str) -> dict[str, int]:
    """What a holder of the link may try, and the answers."""
    block = f"&comp=block&blockid={block_id(0)}"
    commit = f"<BlockList><Latest>{block_id(0)}</Latest></BlockList>".encode()
    return {
        "read": httpx2.get(url).status_code,
        "look": httpx2.head(url).status_code,
        "list blocks": httpx2.get(f"{url}&comp=blocklist&blocklisttype=all").status_code,
        "block": put(url, query=block),
        "commit": put(url, commit, "&comp=blocklist"),
        "metadata": put(url, b"", "&comp=metadata", **{"x-ms-meta-a": "b"}),
        "put": put(url, **BLOB),
        "delete": httpx2.delete(url).status_code,
    }


def test_a_link_to_create_makes_one_blob_once(links: Links, client: BlobClient) -> None:
    url = sign(links.create_link, client)

    assert put(url, b"first", **BLOB) == 201

    assert set(attempts(url).values()) == {403}
    assert client.download_blob().readall() == b"first"


def test_a_link_to_create_can_do_nothing_but_that_before(links, client) -> None:
    url = sign(links.create_link, client)

    tried = attempts(url)

    assert tried.pop("put") == 201
    assert set(tried.values()) <= {403, 404}


def test_a_link_to_write_takes_blocks_and_reads_nothing(links, client) -> None:
    tried = attempts(sign(links.write_link, client))

    assert {name for name, status in tried.items() if status < 300} == {
        "block",
        "commit",
        "metadata",
        "put",
    }
    assert {tried[name] for name in ("read", "look", "list blocks", "delete")} == {403}


@pytest.mark.parametrize("kind", ["create_link", "write_link"])
def test_a_link_is_for_one_name(links, client, staged, kind) -> None:
    url = sign(getattr(links, kind), client)
    other = staged.client(f"{uuid4()}/other.jpg")

    assert put(f"{other.url}?{url.partition('?')[2]}", **BLOB) == 403
    assert put(url.replace("/uploads/", "/processed/"), **BLOB) == 403


@pytest.mark.parametrize("kind", ["create_link", "write_link"])
def test_a_link_ends(links, client, kind) -> None:
    assert put(sign(getattr(links, kind), client, minutes=-1), **BLOB) == 403


def test_blocks_are_told_in_the_order_of_their_ids_and_committed_once(links, client, staged):
    url = sign(links.write_link, client)
    for index in (10, 2, 0):
        where = httpx2.URL(url).copy_merge_params({"comp": "block", "blockid": block_id(index)})
        assert put(str(where), b"x" * (index + 1)) == 201

    blocks = staged.staged(client.blob_name)
    assert [(each.id, each.size_bytes) for each in blocks] == [
        (block_id(0), 1),
        (block_id(2), 3),
        (block_id(10), 11),
    ]

    staged.commit(client.blob_name, [each.id for each in blocks], {"mp_profile": "seed"})
    etag = client.get_blob_properties().etag
    staged.commit(client.blob_name, [block_id(0)], {})

    assert client.get_blob_properties().etag == etag
    assert client.get_blob_properties().size == 15
    assert staged.staged(client.blob_name) == []
