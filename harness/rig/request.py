"""HTTP past any proxy: one request, and its answer whatever it says."""

import http.client
import json
import shutil
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ANSWER_LIMIT_S = 60.0
# Loopback is never reached through a proxy.
LOOPBACK = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response."""

    status: int
    content_type: str
    body: bytes
    server: str = ""  # what the program that answered calls itself

    @property
    def json(self) -> Any:
        """What the body says; raises ValueError where it is no JSON."""
        return json.loads(self.body)


def request(
    url: str,
    headers: Mapping[str, str] | None = None,
    method: str = "GET",
    limit_s: float = ANSWER_LIMIT_S,
) -> Answer:
    """On a connection of its own; raises OSError or HTTPException when nothing answers."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=limit_s)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, target, headers=dict(headers or {}))
        answer = connection.getresponse()
        kind, server = answer.headers.get_content_type(), answer.headers.get("Server", "")
        return Answer(answer.status, kind, answer.read(), server)
    finally:
        connection.close()


def download(url: str, target: Path) -> None:
    """Streams what a link leads to into a file; raises OSError when that is refused."""
    with LOOPBACK.open(url, timeout=ANSWER_LIMIT_S) as answer, target.open("wb") as file:
        shutil.copyfileobj(answer, file, 1024 * 1024)
