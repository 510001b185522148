"""Makes, shows, rotates and revokes keys and tenants of a deployment, by its API."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

from harness.laptop.api_client import ApiClient, add_place, client_of, in_path
from harness.laptop.refusal import Refusal
from harness.laptop.view import shown

Command = Callable[[ApiClient, argparse.Namespace], Any]
COLUMNS = ("id", "name", "tenant", "scopes", "expires_at", "revoked_at")
NOTHING = "-"


def main() -> int:
    """Returns the exit status: 0 when the API did what was asked."""
    given = _parser().parse_args()
    try:
        answer = given.command(client_of(given), given)
    except Refusal as reason:
        print(f"keys: {reason}", file=sys.stderr)
        return 1
    if given.json:
        print(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        for line in given.lines(answer):
            print(line)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="keys", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, meaning: str, command: Command, lines: Any) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=meaning, description=meaning)
        one.set_defaults(command=command, lines=lines)
        add_place(one)
        return one

    one = add("list", "Lists the keys of a tenant, or the operator's.", _list, _table)
    one.add_argument("--tenant", help="whose; default: those of the key in use")
    one = add("create", "Makes a key, and shows it this once.", _create, _made)
    one.add_argument("name", help="for people")
    one.add_argument("--tenant", help="whose; default: that of the key in use")
    one.add_argument("--scope", action="append", required=True, help="what it is for; repeatable")
    one.add_argument("--network", action="append", default=[], help="from where; repeatable")
    one.add_argument("--expires-at", help="such as 2027-01-31T00:00:00Z")
    one = add("show", "Shows one key, and when it was last used.", _show, _facts)
    one.add_argument("id")
    one = add("rotate", "Makes another secret for a key, and shows it once.", _rotate, _made)
    one.add_argument("id")
    one.add_argument("--overlap-hours", type=int, default=24, help="of the former; default: 24")
    one = add("revoke", "Ends a key for ever.", _revoke, _facts)
    one.add_argument("id")
    one.add_argument("--reason", default="", help="for the audit")
    add("tenants", "Lists the tenants.", _tenants, _names)
    one = add("create-tenant", "Makes a tenant.", _create_tenant, _facts)
    one.add_argument("name")
    one.add_argument("--title", default="", help="for people")
    one.add_argument("--adopt", action="store_true", help="with the uploads that have such names")
    one = add("delete-tenant", "Ends a tenant that has nothing left.", _delete_tenant, _done)
    one.add_argument("name")
    one = add("audit", "Shows what was done with keys, and refused.", _audit, _entries)
    one.add_argument("--tenant", help="whose; default: that of the key in use")
    one.add_argument("--since", help="such as 2026-12-01T00:00:00Z; default: a month ago")
    return parser


def _list(client: ApiClient, given: argparse.Namespace) -> list[Any]:
    return [*_pages(client, "/api/keys", "keys", tenant=given.tenant)]


def _create(client: ApiClient, given: argparse.Namespace) -> Any:
    asked = {
        "name": given.name,
        "tenant": given.tenant,
        "scopes": given.scope,
        "networks": given.network,
        "expires_at": given.expires_at,
    }
    return client.call("POST", "/api/keys", asked)


def _show(client: ApiClient, given: argparse.Namespace) -> Any:
    return client.call("GET", f"/api/keys/{in_path(given.id)}")


def _rotate(client: ApiClient, given: argparse.Namespace) -> Any:
    asked = {"overlap_hours": given.overlap_hours}
    return client.call("POST", f"/api/keys/{in_path(given.id)}/rotate", asked)


def _revoke(client: ApiClient, given: argparse.Namespace) -> Any:
    return client.call("POST", f"/api/keys/{in_path(given.id)}/revoke", {"reason": given.reason})


def _tenants(client: ApiClient, _: argparse.Namespace) -> Any:
    return client.call("GET", "/api/tenants")


def _create_tenant(client: ApiClient, given: argparse.Namespace) -> Any:
    asked = {"name": given.name, "title": given.title, "adopt": given.adopt}
    return client.call("POST", "/api/tenants", asked)


def _delete_tenant(client: ApiClient, given: argparse.Namespace) -> Any:
    return client.call("DELETE", f"/api/tenants/{in_path(given.name)}")


def _audit(client: ApiClient, given: argparse.Namespace) -> list[Any]:
    return [*_pages(client, "/api/audit", "entries", tenant=given.tenant, since=given.since)]


def _pages(client: ApiClient, path: str, items: str, **query: str | None) -> Iterator[Any]:
    continuation = None
    while True:
        page = client.call("GET", path, **query, continuation=continuation)
        yield from page[items]
        if (continuation := page["continuation"]) is None:
            return


def _table(keys: list[dict[str, Any]]) -> Iterator[str]:
    rows = [[_word(key[column]) for column in COLUMNS] for key in keys]
    widths = [max(map(len, column)) for column in zip(COLUMNS, *rows, strict=True)]
    for row in [list(COLUMNS), *rows]:
        yield "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip()


def _made(key: dict[str, Any]) -> Iterator[str]:
    yield f"id   {key['id']}"
    yield f"key  {key['key']}"
    yield "Keep it now: it cannot be shown again."


def _facts(thing: dict[str, Any]) -> Iterator[str]:
    width = max(map(len, thing))
    for name, value in thing.items():
        yield f"{name.ljust(width)}  {_word(value)}"


def _names(tenants: list[dict[str, Any]]) -> Iterator[str]:
    for each in tenants:
        yield f"{each['name'].ljust(31)}  {_word(each['title'])}"


def _entries(entries: list[dict[str, Any]]) -> Iterator[str]:
    for each in entries:
        words = [each["at"], each["action"].ljust(14), each["subject"], _word(each["address"])]
        yield "  ".join([*words, _word(each["detail"])])


def _done(_: None) -> Iterator[str]:
    yield "done"


def _word(value: Any) -> str:
    if isinstance(value, list):
        value = ",".join(value)
    return shown(str(value)) if value not in (None, "") else NOTHING


if __name__ == "__main__":
    sys.exit(main())
