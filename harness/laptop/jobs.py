"""Lists, shows, watches and changes jobs by the HTTP API, in its words.

The key comes from the variable API_KEY; without it, from local.settings.json of this checkout.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from harness.laptop.api_client import ApiClient, add_place, client_of
from harness.laptop.refusal import Refusal
from harness.laptop.view import saved, shown, size

POLL_S = 1.0
FINAL = ("completed", "failed")
Options = dict[str, Any]


def main() -> int:
    """Returns the exit status: 0 when it was done; of `watch`, when all were completed."""
    given = _parser().parse_args()
    try:
        return int(VERBS[given.verb](client_of(given), given))
    except (Refusal, OSError, ValueError) as reason:
        print(f"jobs: {shown((str(reason).splitlines() or ['no answer'])[0])}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _list(api: ApiClient, given: argparse.Namespace) -> int:
    query = {name: getattr(given, name) for name in ("status", "since", "until", "prefix")}
    left, token, is_first = given.limit, None, True
    while left > 0 and (is_first or token):
        page = api.call("GET", "/api/jobs", **query, limit=min(left, 1000), continuation=token)
        for job in page["jobs"]:
            print(json.dumps(job) if given.json else _line(job))
        left, token, is_first = left - len(page["jobs"]), page["continuation"], False
    return 0


def _show(api: ApiClient, given: argparse.Namespace) -> int:
    for name in given.names:
        job = api.call("GET", "/api/status", blob_name=name)
        past = api.call("GET", "/api/timeline", blob_name=name)["transitions"]
        print(json.dumps(job | {"transitions": past}) if given.json else _long(job, past))
    return 0


def _changes(method: str, path: str) -> Callable[[ApiClient, argparse.Namespace], int]:
    """A verb that changes each of the jobs that were named."""

    def change(api: ApiClient, given: argparse.Namespace) -> int:
        query = {name: getattr(given, name, None) for name in ("minutes", "keep")}
        asked = {"options": json.loads(given.options)} if getattr(given, "options", None) else None
        for name in given.names:
            job = api.call(method, path, asked, **query, blob_name=name)
            if job is None:
                job = {"blob_name": name, "status": "deleted"}
            print(json.dumps(job) if given.json else _line(job))
        return 0

    return change


def _watch(api: ApiClient, given: argparse.Namespace) -> int:
    """Until each has ended; a line whenever something changed."""
    left, last, is_good = list(given.names), dict[str, str](), True
    while left:
        for name in tuple(left):
            job = api.call("GET", "/api/status", blob_name=name)
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


VERBS: dict[str, Callable[[ApiClient, argparse.Namespace], int]] = {
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


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    add_place(common)
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
