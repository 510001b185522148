"""Lists, shows, watches and changes jobs by the HTTP API, in its words.

The key comes from the variable API_KEY; without it, from local.settings.json of this checkout.
"""

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

from harness.laptop import local_settings
from harness.laptop.refusal import Refusal
from harness.laptop.view import saved, shown, size
from harness.rig.project import ROOT

LOCAL = "http://127.0.0.1:7071"
ANSWER_LIMIT_S = 60.0
POLL_S = 1.0
FINAL = ("completed", "failed")
Options = dict[str, Any]


def main() -> int:
    """Returns the exit status: 0 when it was done; of `watch`, when all were completed."""
    given = _parser().parse_args()
    try:
        api = Api(given.url.rstrip("/"), _key())
        return int(VERBS[given.verb](api, given))
    except (Refusal, OSError, ValueError) as reason:
        print(f"jobs: {shown((str(reason).splitlines() or ['no answer'])[0])}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


class Api:
    """The service, for who has its key."""

    def __init__(self, url: str, key: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise Refusal(f"{url} is not an address: give --url http://... or https://...")
        self._url, self._key = url, key

    def ask(self, method: str, path: str, query: Options, body: Options | None = None) -> Any:
        """The answer's JSON, or None; raises Refusal with what the service refuses it for."""
        words = {name: value for name, value in query.items() if value not in (None, "")}
        request = urllib.request.Request(
            f"{self._url}{path}?{urllib.parse.urlencode(words)}",
            method=method,
            data=json.dumps(body).encode() if body else None,
            headers={"X-API-Key": self._key, "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_LIMIT_S) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise Refusal(_problem(error)) from error
        except urllib.error.URLError as error:
            raise Refusal(f"{self._url} does not answer ({error.reason})") from error
        return json.loads(text) if text else None


def _problem(error: urllib.error.HTTPError) -> str:
    try:
        problem = json.loads(error.read())
        return f"{problem['code']}: {problem['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"HTTP {error.code}"


def _list(api: Api, given: argparse.Namespace) -> int:
    query = {name: getattr(given, name) for name in ("status", "since", "until", "prefix")}
    left, token, is_first = given.limit, None, True
    while left > 0 and (is_first or token):
        page = api.ask(
            "GET", "/api/jobs", query | {"limit": min(left, 1000), "continuation": token}
        )
        for job in page["jobs"]:
            print(json.dumps(job) if given.json else _line(job))
        left, token, is_first = left - len(page["jobs"]), page["continuation"], False
    return 0


def _show(api: Api, given: argparse.Namespace) -> int:
    for name in given.names:
        which = {"blob_name": name}
        job = api.ask("GET", "/api/status", which)
        past = api.ask("GET", "/api/timeline", which)["transitions"]
        print(json.dumps(job | {"transitions": past}) if given.json else _long(job, past))
    return 0


def _changes(method: str, path: str) -> Callable[[Api, argparse.Namespace], int]:
    """A verb that changes each of the jobs that were named."""

    def change(api: Api, given: argparse.Namespace) -> int:
        query = {name: getattr(given, name, None) for name in ("minutes", "keep")}
        asked = {"options": json.loads(given.options)} if getattr(given, "options", None) else None
        for name in given.names:
            job = api.ask(method, path, query | {"blob_name": name}, asked)
            if job is None:
                job = {"blob_name": name, "status": "deleted"}
            print(json.dumps(job) if given.json else _line(job))
        return 0

    return change


def _watch(api: Api, given: argparse.Namespace) -> int:
    """Until each has ended; a line whenever something changed."""
    left, last, is_good = list(given.names), dict[str, str](), True
    while left:
        for name in tuple(left):
            job = api.ask("GET", "/api/status", {"blob_name": name})
            line = json.dumps(job) if given.json else _line(job)
            told = json.dumps([job["status"], job["stage"], job["progress"], job["attempts"]])
            if told != last.get(name):
                print(line, flush=True)
            last[name] = told
            if job["status"] in FINAL:
                left.remove(name)
                is_good = is_good and job["status"] == "completed"
        if left:
            time.sleep(POLL_S)
    return 0 if is_good else 1


VERBS: dict[str, Callable[[Api, argparse.Namespace], int]] = {
    "list": _list,
    "show": _show,
    "watch": _watch,
    "cancel": _changes("POST", "/api/cancel"),
    "requeue": _changes("POST", "/api/requeue"),
    "extend": _changes("POST", "/api/extend"),
    "delete": _changes("DELETE", "/api/jobs"),
}


def _line(job: Options) -> str:
    parts = [f"{job['status']:<10}", shown(job["blob_name"])]
    before, after = job.get("original_size") or job.get("file_size"), job.get("compressed_size")
    if before and after:
        parts.append(f"{size(before)} -> {size(after)} ({saved(before, after)} less)")
    if job["status"] == "processing" and job.get("stage"):
        parts.append(f"{job['stage']} {job['progress'] or 0:.0f}%")
    if job.get("error_code"):
        parts.append(job["error_code"])
    if job.get("deletes_at"):
        parts.append(f"deletes at {job['deletes_at']}")
    return "  ".join(parts)


def _long(job: Options, past: list[Options]) -> str:
    facts = [
        f"{name}: {json.dumps(value)}" for name, value in job.items() if value not in (None, [])
    ]
    steps = [
        f"  {each['at']}  {each['to']}, attempt {each['attempt']}"
        + (f", {each['error_code']}" if each["error_code"] else "")
        for each in past
    ]
    return "\n".join(shown(line) for line in (*facts, "transitions:", *steps))


def _key() -> str:
    if key := os.environ.get("API_KEY"):
        return key
    if (ROOT / local_settings.NAME).exists():
        return local_settings.read(ROOT / local_settings.NAME).get("API_KEY", "")
    raise Refusal("give the key in the variable API_KEY")


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--url", default=LOCAL, help=f"of the service (default: {LOCAL})")
    common.add_argument("--json", action="store_true", help="as the API says it, one job a line")
    parser = argparse.ArgumentParser(prog="jobs", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    listing = verbs.add_parser("list", parents=[common], help="the newest first")
    listing.add_argument("--status", choices=("queued", "processing", "completed", "failed"))
    for name in ("--since", "--until"):
        listing.add_argument(name, metavar="TIME", help="such as 2026-01-02T08:00:00Z")
    listing.add_argument("--prefix", help="of their names")
    listing.add_argument("--limit", type=int, default=100, help="how many (default: 100)")
    for verb, text in WITH_NAMES.items():
        one = verbs.add_parser(verb, parents=[common], help=text)
        one.add_argument("names", nargs="+", metavar="NAME", help="of an upload")
        if verb == "extend":
            one.add_argument("--minutes", type=int, required=True, help="from now on")
        if verb == "cancel":
            one.add_argument("--keep", action="store_const", const="true", help="the upload")
        if verb == "requeue":
            one.add_argument("--options", metavar="JSON", help="in place of those that it had")
    return parser


WITH_NAMES = {
    "show": "all that is known, and what happened",
    "watch": "until each has ended",
    "cancel": "ends jobs that have not ended",
    "requeue": "has failed jobs tried again",
    "extend": "keeps what is left for longer",
    "delete": "deletes what is left",
}


if __name__ == "__main__":
    sys.exit(main())
