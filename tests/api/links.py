"""Asks for links to upload by, and uploads, as pages and programs do."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import httpx2

from api.app import create_api
from integrations.staged_uploads import block_id
from lifecycle.services import Services

from .conftest import KEY, served
from .forms import eventually


@contextmanager
def served_later(services: Services, after: timedelta) -> Iterator[httpx2.Client]:
    """The same service as it is when that time has passed."""
    moved = replace(services, clock=lambda: services.clock() + after)
    with (
        served(create_api(moved)) as address,
        httpx2.Client(base_url=address, headers={"X-API-Key": KEY}) as client,
    ):
        yield client


def ask(client: httpx2.Client, *files: dict, **more: object) -> httpx2.Response:
    return client.post("/api/uploads", json={"files": list(files), **more})


def link_for(client: httpx2.Client, content: bytes, **more: object) -> dict:
    answer = ask(client, {"name": "Ferien 1.png", "size": len(content), **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["files"][0]


def put(link: dict, content: bytes, **headers: str) -> int:
    return httpx2.put(
        link["upload_url"], content=content, headers={**link["headers"], **headers}
    ).status_code


def put_block(link: dict, index: int, content: bytes) -> int:
    where = {"comp": "block", "blockid": block_id(index)}
    url = httpx2.URL(link["upload_url"]).copy_merge_params(where)
    return httpx2.put(url, content=content).status_code


def state(client: httpx2.Client, link: dict) -> dict:
    return client.get("/api/uploads", params={"blob_name": link["blob_name"]}).json()


def settled(client: httpx2.Client, link: dict) -> dict:
    return eventually(
        lambda: client.get(link["status_url"]).json(),
        lambda job: job["status"] in ("completed", "failed"),
    )


def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]
