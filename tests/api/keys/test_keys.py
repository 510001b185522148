"""Managed keys over HTTP: made, used, changed, rotated, revoked, and what the audit says."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx2
import pytest

from jobs.caller import Scope
from jobs.managed_key import new_key
from tests.api.conftest import SERVICE_KEY

from .conftest import Keyring


def code(answer: httpx2.Response) -> tuple[int, str | None]:
    body = answer.json() if answer.content else {}
    return answer.status_code, body.get("code") if isinstance(body, dict) else None


def actions(keyring: Keyring, tenant: str, subject: str) -> list[str]:
    keyring.services.keys.background.wait()
    entries = keyring.operator.get("/api/audit", params={"tenant": tenant}).json()["entries"]
    return [each["action"] for each in entries if each["subject"] == subject]


def test_a_key_opens_what_it_is_for(keyring: Keyring) -> None:
    tenant = keyring.tenant()
    client = keyring.client(tenant, Scope.READ)

    assert client.get("/api/key").json() == {
        "id": client.headers["X-API-Key"][8:20],
        "tenant": tenant,
        "scopes": ["read"],
        "expires_at": None,
    }
    assert code(client.get("/api/status?blob_name=a")) == (404, "UNKNOWN_JOB")
    assert code(client.post("/api/uploads", json={"files": []})) == (403, "FORBIDDEN_SCOPE")


@pytest.mark.parametrize("header", ["X-API-Key", "X-Internal-Service-Key", "Authorization"])
def test_every_header_takes_every_key(keyring: Keyring, header: str) -> None:
    key = keyring.make(None, [Scope.READ])["key"]
    value = f"Bearer {key}" if header == "Authorization" else key

    assert httpx2.get(f"{keyring.address}/api/key", headers={header: value}).status_code == 200


def test_a_wrong_key_beside_a_right_one_is_no_error(keyring: Keyring) -> None:
    headers = {"X-API-Key": new_key(), "Authorization": f"Bearer {SERVICE_KEY}"}

    assert httpx2.get(f"{keyring.address}/api/key", headers=headers).status_code == 200


def test_the_secret_is_shown_once(keyring: Keyring) -> None:
    made = keyring.make(None, [Scope.READ])

    shown = keyring.operator.get(f"/api/keys/{made['id']}").json()
    listed = keyring.operator.get("/api/keys").text

    assert made["key"].endswith(made["tail"])
    assert shown == {name: value for name, value in made.items() if name != "key"}
    assert made["key"] not in listed
    assert "digest" not in listed


def test_a_repeated_request_makes_no_second_key(keyring: Keyring) -> None:
    tenant, headers = keyring.tenant(), {"Idempotency-Key": uuid4().hex}
    asked = {"name": "a", "tenant": tenant, "scopes": ["read"]}

    first, second = (
        keyring.operator.post("/api/keys", json=asked, headers=headers) for _ in range(2)
    )
    other = keyring.operator.post("/api/keys", json=asked | {"name": "b"}, headers=headers)

    assert first.status_code == 201
    assert code(second) == (409, "KEY_SHOWN")
    assert code(other) == (422, "IDEMPOTENCY_MISMATCH")
    assert len(keyring.operator.get("/api/keys", params={"tenant": tenant}).json()["keys"]) == 1


def test_a_request_that_was_refused_may_be_repeated_with_its_key(keyring: Keyring) -> None:
    headers = {"Idempotency-Key": uuid4().hex}
    asked = {"name": "a", "tenant": "nobody-has-it", "scopes": ["read"]}
    refused = keyring.operator.post("/api/keys", json=asked, headers=headers)

    assert code(refused) == (404, "UNKNOWN_TENANT")
    assert code(keyring.operator.post("/api/keys", json=asked, headers=headers)) == code(refused)


def test_a_revoked_key_opens_nothing_and_stays_revoked(keyring: Keyring) -> None:
    tenant = keyring.tenant()
    made = keyring.make(tenant, [Scope.READ])
    client, place = keyring.client_with(made["key"]), f"/api/keys/{made['id']}"
    assert client.get("/api/key").status_code == 200

    revoked = keyring.operator.post(f"{place}/revoke", json={"reason": "lost"})

    assert code(client.get("/api/key")) == (401, "UNAUTHORIZED")
    assert keyring.operator.post(f"{place}/revoke").json() == revoked.json()
    assert code(keyring.operator.post(f"{place}/rotate")) == (422, "INVALID_REQUEST")
    assert actions(keyring, tenant, made["id"]) == ["key.refused", "key.revoked", "key.created"]


def test_a_rotated_key_has_two_secrets_for_a_while(keyring: Keyring) -> None:
    made = keyring.make(None, [Scope.READ])
    place = f"/api/keys/{made['id']}/rotate"

    second = keyring.operator.post(place, json={"overlap_hours": 1}).json()
    both = [keyring.client_with(each["key"]).get("/api/key").status_code for each in (made, second)]
    third = keyring.operator.post(place, json={"overlap_hours": 0}).json()
    last = [
        keyring.client_with(each["key"]).get("/api/key").status_code
        for each in (made, second, third)
    ]

    assert second["id"] == third["id"] == made["id"]
    assert both == [200, 200]
    assert last == [401, 401, 200]


def test_a_key_ends_at_its_time(keyring: Keyring) -> None:
    over = datetime.now(UTC) - timedelta(seconds=1)
    made = keyring.make(None, [Scope.READ], expires_at=over.isoformat())

    assert code(keyring.client_with(made["key"]).get("/api/key")) == (401, "UNAUTHORIZED")


def test_a_changed_key_may_what_it_may_now(keyring: Keyring) -> None:
    made = keyring.make(None, [Scope.READ])
    change = {"scopes": ["ingest"], "networks": ["203.0.113.0/24"], "name": "other"}

    changed = keyring.operator.patch(f"/api/keys/{made['id']}", json=change).json()
    foreign = keyring.client_with(made["key"]).get("/api/key")
    keyring.operator.patch(f"/api/keys/{made['id']}", json={"networks": []})

    assert (changed["scopes"], changed["networks"], changed["name"]) == (
        ["ingest"],
        ["203.0.113.0/24"],
        "other",
    )
    assert code(foreign) == (403, "FORBIDDEN_NETWORK")
    assert keyring.client_with(made["key"]).get("/api/key").json()["scopes"] == ["ingest"]


@pytest.mark.parametrize(
    ("forwarded", "status"),
    [
        ("203.0.113.7", 200),
        ("203.0.113.7:5678", 200),
        ("[2001:db8::9]:443", 200),
        ("::ffff:203.0.113.7", 200),
        ("203.0.113.7, 198.51.100.1", 403),  # what the client wrote itself stands on the left
        ("198.51.100.1, 203.0.113.7", 200),
        ("198.51.100.1", 403),
        ("nonsense", 403),
        (None, 403),  # the socket's own address
    ],
)
def test_only_the_trusted_proxy_tells_where_a_client_is(
    keyring: Keyring, forwarded: str | None, status: int
) -> None:
    networks = ["203.0.113.0/24", "2001:db8::/32"]
    client = keyring.client(None, Scope.READ, networks=networks)
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}

    assert client.get("/api/key", headers=headers).status_code == status


def test_who_asks_too_often_is_told_when_to_ask_again(keyring: Keyring) -> None:
    limits = {"rate_per_minute": 1, "burst": 3}
    client = keyring.client(None, Scope.READ, limits=limits)

    answers = [client.get("/api/key") for _ in range(4)]

    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert [each.headers.get("RateLimit-Remaining") for each in answers[:3]] == ["2", "1", "0"]
    assert code(answers[3]) == (429, "TOO_MANY_REQUESTS")
    assert int(answers[3].headers["Retry-After"]) in range(1, 61)


def test_who_guesses_is_stopped_and_a_known_key_from_there_still_works(keyring: Keyring) -> None:
    client, address = keyring.client(None, Scope.READ), {"X-Forwarded-For": "198.51.100.77"}
    assert client.get("/api/key", headers=address).status_code == 200

    def guess() -> int:
        headers = {"X-API-Key": new_key(), **address}
        return httpx2.get(f"{keyring.address}/api/key", headers=headers).status_code

    assert [guess() for _ in range(20)] == [401] * 20
    assert 429 in iter(guess, 503)  # soon: there is one more every three seconds
    assert client.get("/api/key", headers=address).status_code == 200


@pytest.mark.parametrize("key", ["", "x", "mc_live_", "mc_live_" + "a" * 49, "ü" * 57])
def test_what_is_no_key_costs_no_look_into_storage(
    keyring: Keyring, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> None:
        raise AssertionError

    monkeypatch.setattr(keyring.services.keys.table, "get", fail)
    headers = {b"X-API-Key": key.encode(), b"X-Forwarded-For": b"192.0.2.1"}

    answer = httpx2.get(f"{keyring.address}/api/key", headers=headers)

    assert code(answer) == (401, "UNAUTHORIZED")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_nobody_makes_a_key_that_may_more_than_his_own(keyring: Keyring) -> None:
    tenant, other = keyring.tenant(), keyring.tenant()
    client = keyring.client(tenant)

    own = client.post("/api/keys", json={"name": "a", "scopes": ["read"]})
    foreign = client.post("/api/keys", json={"name": "a", "tenant": other, "scopes": ["read"]})
    nobodys = client.post("/api/keys", json={"name": "a", "tenant": "", "scopes": ["read"]})

    assert own.json()["tenant"] == tenant
    assert code(foreign) == code(nobodys) == (403, "FORBIDDEN_TENANT")


def test_another_tenants_key_is_as_one_that_never_was(keyring: Keyring) -> None:
    client = keyring.client(keyring.tenant())
    foreign = keyring.make(keyring.tenant(), [Scope.READ])["id"]

    for method, end in (("GET", ""), ("POST", "/revoke"), ("POST", "/rotate"), ("PATCH", "")):
        answers = [
            client.request(method, f"/api/keys/{each}{end}", json={} if method != "GET" else None)
            for each in (foreign, "0123456789ab", "no-id")
        ]
        assert {code(each) for each in answers} == {(404, "UNKNOWN_KEY")}
        assert len({each.content for each in answers}) == 1


def test_a_list_has_pages(keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    from lifecycle import keys

    monkeypatch.setattr(keys, "PAGE", 2)
    tenant = keyring.tenant()
    made = {keyring.make(tenant, [Scope.READ])["id"] for _ in range(5)}
    client, seen, asked = keyring.client(tenant), list[str](), dict[str, str]()
    while True:
        page = client.get("/api/keys", params=asked).json()
        seen += [each["id"] for each in page["keys"]]
        if not page["continuation"]:
            break
        asked = {"continuation": page["continuation"]}

    assert set(seen) == made | {client.headers["X-API-Key"][8:20]}
    assert len(seen) == 6
    stranger = keyring.client(keyring.tenant())
    assert code(stranger.get("/api/keys", params=asked)) == (400, "BAD_CONTINUATION")


def test_the_last_use_is_told(keyring: Keyring) -> None:
    client = keyring.client(None, Scope.READ)
    key_id = client.headers["X-API-Key"][8:20]
    assert keyring.operator.get(f"/api/keys/{key_id}").json()["last_used_at"] is None

    client.get("/api/key", headers={"X-Forwarded-For": "203.0.113.9"})
    keyring.services.keys.background.wait()

    shown = keyring.operator.get(f"/api/keys/{key_id}").json()
    assert shown["last_used_from"] == "203.0.113.0/24"


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": []},
        {"scopes": ["everything"]},
        {"networks": ["10.0.0.0/33"]},
        {"name": ""},
        {"expires_at": "2026-01-01T00:00:00"},
        {"limits": {"rate_per_minute": 0, "burst": 1}},
        {"secret": "mine"},
    ],
)
def test_what_cannot_be_made_is_refused_by_its_name(keyring: Keyring, wrong: dict) -> None:
    asked = {"name": "a", "scopes": ["read"]} | wrong
    answer = keyring.operator.post("/api/keys", json=asked)

    assert code(answer) == (422, "INVALID_REQUEST")
    assert next(iter(wrong)) in answer.json()["detail"]
