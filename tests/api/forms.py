"""Sends forms with a file, as clients do, and looks at what became of them."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx2

from jobs.contract import Contract
from jobs.job import Job
from lifecycle.ingest import job_sent_as
from lifecycle.services import Services

FINAL = ("completed", "failed", "not_found")
LIMIT_S = 60.0
# The first bytes of an MP4, by which it is known; the rest is nothing.
MP4 = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2"


def new_id() -> str:
    return uuid4().hex


def compress(
    client: httpx2.Client,
    content: Any,
    media_id: str,
    *,
    file_name: str = "a.png",
    headers: dict[str, str] | None = None,
    **fields: str,
) -> httpx2.Response:
    """POST /compress/"""
    return client.post(
        "/compress/",
        files={"file": (file_name, content, "image/png")},
        data={"media_id": media_id, **fields},
        headers=headers or {},
        timeout=LIMIT_S,
    )


def receive(client: httpx2.Client, content: Any, video_id: str, **fields: str) -> httpx2.Response:
    """POST /video/receive"""
    return client.post(
        "/video/receive",
        files={"file": ("a.mp4", content, "video/mp4")},
        data={"video_id": video_id, **fields},
        timeout=LIMIT_S,
    )


def row(services: Services, external_id: str, contract: Contract = Contract.LMS) -> Job:
    """The job of what was sent."""
    job = job_sent_as(services, contract, external_id)
    assert job is not None
    return job


def upload_names(services: Services, folder: str = "compress/") -> set[str]:
    return {each.blob_name for each in services.uploads.all() if each.blob_name.startswith(folder)}


def eventually(ask: Callable[[], Any], is_it: Callable[[Any], bool]) -> Any:
    """What was answered, once it is what is waited for."""
    deadline = time.monotonic() + LIMIT_S
    while not is_it(answer := ask()):
        assert time.monotonic() < deadline, answer
        time.sleep(0.05)
    return answer


def settled_word(client: httpx2.Client, media_id: str) -> str:
    """The status of a file, once nothing more happens to it."""
    return eventually(
        lambda: client.get(f"/status/{media_id}").json()["status"],
        lambda word: word.partition(":")[0] in FINAL,
    )


def large(size_bytes: int, head: bytes = MP4) -> Iterator[bytes]:
    """Content of that size, made while it is sent."""
    yield head
    left, piece = size_bytes - len(head), bytes(65536)
    while left > 0:
        yield piece[:left]
        left -= len(piece)
