"""How programs of the shell call the API: where it is, with which key, and what it refuses."""

import argparse
import http.client
import json
import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from harness.laptop import local_settings
from harness.laptop.refusal import Refusal
from harness.laptop.view import shown
from harness.rig.project import ROOT
from harness.rig.request import request

URL = "http://127.0.0.1:7071"
KEY_SETTING = "API_KEY"


@dataclass(frozen=True, slots=True)
class ApiClient:
    """One deployment, or the app that scripts/start runs."""

    url: str
    key: str

    def call(self, method: str, path: str, body: Any = None, **query: str | None) -> Any:
        """What the API answers, None where it says nothing; raises Refusal with its words."""
        asked = urlencode({name: value for name, value in query.items() if value is not None})
        headers, data = {"X-API-Key": self.key}, None
        if body is not None:
            headers["Content-Type"], data = "application/json", json.dumps(body).encode()
        url = f"{self.url.rstrip('/')}{path}{'?' if asked else ''}{asked}"
        try:
            answer = request(url, headers, method, body=data)
        except (OSError, http.client.HTTPException) as error:
            raise Refusal(f"{self.url} does not answer ({error})") from error
        if answer.status >= 400:
            raise Refusal(_words_of(answer.status, answer.body))
        return answer.json if answer.body else None


def add_place(parser: argparse.ArgumentParser) -> None:
    """The arguments that say which deployment is meant."""
    parser.add_argument("--url", help=f"address of the app; default: {URL}, as scripts/start runs")
    parser.add_argument("--json", action="store_true", help="print what the API answers")


def client_of(given: argparse.Namespace) -> ApiClient:
    """The client for these arguments; the key is API_KEY, of the environment or of scripts/start.

    Raises Refusal without one. A key never stands among the arguments: others see those.
    """
    key = os.environ.get(KEY_SETTING)
    if not key and given.url is None and (ROOT / local_settings.NAME).exists():
        key = local_settings.ensure(ROOT).get(KEY_SETTING)
    if not key:
        raise Refusal(f"set {KEY_SETTING} in the environment")
    return ApiClient(given.url or URL, key)


def in_path(word: str) -> str:
    """A word as a segment of a path."""
    return quote(word, safe="")


def _words_of(status: int, body: bytes) -> str:
    try:
        problem = json.loads(body)
        return f"{problem['code']}: {shown(problem['detail'])}"
    except (ValueError, KeyError, TypeError):
        return f"HTTP status {status}"
