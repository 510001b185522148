"""How programs of the shell call the API: where it is, with which key, and what it refuses."""

import argparse
import http.client
import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from harness.laptop import local_settings
from harness.laptop.refusal import Refusal
from harness.laptop.view import shown
from harness.rig.project import ROOT
from harness.rig.request import ANSWER_LIMIT_S, LOOPBACK

URL = "http://127.0.0.1:7071"
KEY_SETTING = "API_KEY"


@dataclass(frozen=True, slots=True)
class ApiClient:
    """One deployment, or the app that scripts/start runs."""

    url: str
    key: str

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """What the API answers, None where it says nothing; raises Refusal with its words.

        What is None or empty in the query is left out.
        """
        asked = urlencode({name: value for name, value in query.items() if value not in (None, "")})
        request = urllib.request.Request(
            f"{self.url.rstrip('/')}{path}{'?' if asked else ''}{asked}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-API-Key": self.key, "Content-Type": "application/json"},
        )
        try:
            with self._opener()(request, timeout=ANSWER_LIMIT_S) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise Refusal(_words_of(error.code, error.read())) from error
        except (urllib.error.URLError, http.client.HTTPException) as error:
            raise Refusal(f"{self.url} does not answer ({error})") from error
        return json.loads(text) if text else None

    def _opener(self) -> Callable[..., Any]:
        """Loopback is never reached through a proxy."""
        is_here = urlsplit(self.url).hostname in {"127.0.0.1", "localhost", "::1"}
        return LOOPBACK.open if is_here else urllib.request.urlopen


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
    url = given.url or URL
    if not url.startswith(("http://", "https://")):
        raise Refusal(f"{url} is not an address: give --url http://... or https://...")
    return ApiClient(url, key)


def in_path(word: str) -> str:
    """A word as a segment of a path."""
    return quote(word, safe="")


def _words_of(status: int, body: bytes) -> str:
    try:
        problem = json.loads(body)
        return f"{problem['code']}: {shown(problem['detail'])}"
    except (ValueError, KeyError, TypeError):
        return f"HTTP status {status}"
