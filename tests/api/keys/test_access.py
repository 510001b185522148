"""Every route for every key: which scope it needs, and what a tenant sees of another's things.

The table in docs/security.md is made of what was met: after a change of routes, put the lines that
the failure shows into it.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from jobs.caller import Scope
from lifecycle.intake import accept_blob

from .conftest import EVERY_SCOPE, Keyring

TEXT = (Path(__file__).parents[3] / "docs/security.md").read_text()
HEADING = "| route | needs |\n|---|---|\n"
OPEN_TO_ALL = "no key"
ANY_KEY = "any key"
REFUSED = (401, 403)
PLENTY = {"rate_per_minute": 100_000, "burst": 10_000}


@pytest.fixture(scope="module")
def routes(keyring: Keyring) -> list[tuple[str, str]]:
    """Method and path of each operation."""
    paths: dict[str, Any] = keyring.operator.get("/api/openapi.json").json()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


def ask(client: httpx2.Client, method: str, path: str, **values: str) -> httpx2.Response:
    """One request without a body; a parameter of the path is some word, or the value given."""
    filled = re.sub(r"\{(\w+)\}", lambda found: values.pop(found[1], "some"), path)
    return client.request(method, filled, params=values)


def needs(
    clients: dict[Scope, httpx2.Client], nobody: httpx2.Client, route: tuple[str, str]
) -> str:
    """What a key must be for that route."""
    if ask(nobody, *route).status_code not in REFUSED:
        return OPEN_TO_ALL
    opened = [
        scope for scope, client in clients.items() if ask(client, *route).status_code not in REFUSED
    ]
    if len(opened) == len(Scope):
        return ANY_KEY
    return ", ".join(f"`{scope}`" for scope in opened if scope is not Scope.ADMIN) or "`admin`"


def test_the_table_of_scopes_is_what_the_routes_ask_for(
    keyring: Keyring, routes: list[tuple[str, str]]
) -> None:
    clients = {scope: keyring.client(None, scope, limits=PLENTY) for scope in Scope}
    with httpx2.Client(base_url=keyring.address) as nobody:
        met = [
            f"| `{' '.join(each)}` | {needs(clients, nobody, each)} |" for each in sorted(routes)
        ]

    assert TEXT.partition(HEADING)[2].partition("\n\n")[0].splitlines() == met, "\n".join(met)


def of_one_job(routes: list[tuple[str, str]], keyring: Keyring) -> Iterator[tuple[str, str]]:
    document = keyring.operator.get("/api/openapi.json").json()
    for method, path in routes:
        parameters = document["paths"][path][method.lower()].get("parameters", [])
        if any(each["name"] == "blob_name" for each in parameters):
            yield method, path


def test_another_tenants_job_is_everywhere_as_one_that_never_was(
    keyring: Keyring, routes: list[tuple[str, str]]
) -> None:
    """With the same body, whatever the spelling of the name."""
    owner, tenant = keyring.tenant(), keyring.tenant()
    client = keyring.client(tenant, *EVERY_SCOPE, limits=PLENTY)
    name = f"{owner}/a.jpg"
    keyring.services.uploads._container.upload_blob(name, b"x")
    accept_blob(keyring.services, name)
    foreign = [name, name.upper(), f"{owner}\\a.jpg", f"/{name}", f"{owner}/never.jpg", "never.jpg"]
    tried = list(of_one_job(routes, keyring))

    for method, path in tried:
        answers = [ask(client, method, path, blob_name=each, minutes="5") for each in foreign]
        assert {each.status_code for each in answers} == {404}, path
        assert len({each.content for each in answers}) == 1, path
        climbing = ask(client, method, path, blob_name=f"{tenant}/../{name}", minutes="5")
        assert climbing.json()["code"] == "INVALID_NAME", path

    assert len(tried) >= 6
    assert keyring.services.uploads.get(name) is not None


def test_another_tenants_contract_ids_are_unknown(keyring: Keyring, photo: bytes) -> None:
    owner = keyring.tenant()
    keyring.client(owner, Scope.INGEST).post(
        "/compress/", data={"media_id": "m-1"}, files={"file": ("a.png", photo)}
    )
    client = keyring.client(keyring.tenant())

    assert client.get("/status/m-1").json() == client.get("/status/never").json() | {
        "mediaId": "m-1"
    }
    for path in ("/video/status/m-1", "/video/status/never"):
        assert client.get(path).status_code == 404
    assert client.post("/video/confirm", data={"video_id": "m-1"}).status_code == 404


def test_nobody_starts_another_tenants_job(keyring: Keyring) -> None:
    name = f"{keyring.tenant()}/b.jpg"
    keyring.services.uploads._container.upload_blob(name, b"x")
    client = keyring.client(keyring.tenant())

    answer = client.post("/api/test-process", json={"blob_name": name})

    assert answer.status_code == 404
    assert keyring.services.jobs.get(name) is None
