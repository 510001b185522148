"""Tenants: who owns which names, and what each sees of the others."""

from uuid import uuid4

from jobs.caller import Scope
from lifecycle.intake import accept_blob

from .conftest import Keyring
from .test_keys import code

WEBHOOK = {"url": "https://8.8.8.8/hook"}


def put(keyring: Keyring, name: str) -> str:
    """A client uploads, and the trigger fires."""
    keyring.services.uploads._container.upload_blob(name, b"x")
    accept_blob(keyring.services, name)
    return name


def test_a_tenant_is_made_shown_and_ended(keyring: Keyring) -> None:
    name = keyring.tenant()

    assert keyring.operator.get(f"/api/tenants/{name}").json()["name"] == name
    assert name in [each["name"] for each in keyring.operator.get("/api/tenants").json()]
    assert code(keyring.operator.post("/api/tenants", json={"name": name})) == (409, "NAME_TAKEN")

    made = keyring.make(name, [Scope.READ])
    in_use = keyring.operator.delete(f"/api/tenants/{name}")
    keyring.operator.post(f"/api/keys/{made['id']}/revoke")

    assert code(in_use) == (409, "TENANT_IN_USE")
    assert keyring.operator.delete(f"/api/tenants/{name}").status_code == 204
    assert code(keyring.operator.get(f"/api/tenants/{name}")) == (404, "UNKNOWN_TENANT")


def test_names_that_are_in_use_become_a_tenants_only_when_that_is_asked(keyring: Keyring) -> None:
    name = f"t{uuid4().hex[:12]}"
    put(keyring, f"{name}/a.jpg")

    taken = keyring.operator.post("/api/tenants", json={"name": name})
    adopted = keyring.operator.post("/api/tenants", json={"name": name, "adopt": True})

    assert code(taken) == (409, "NAME_TAKEN")
    assert "1 uploads" in taken.json()["detail"]
    assert adopted.status_code == 201
    client = keyring.client(name, Scope.READ)
    assert client.get("/api/status", params={"blob_name": f"{name}/a.jpg"}).status_code == 200
    assert code(keyring.operator.delete(f"/api/tenants/{name}")) == (409, "TENANT_IN_USE")


def test_only_the_operator_manages_tenants(keyring: Keyring) -> None:
    client = keyring.client(keyring.tenant())

    answers = [
        client.get("/api/tenants"),
        client.post("/api/tenants", json={"name": "mine"}),
        client.get("/api/tenants/mine"),
        client.delete("/api/tenants/mine"),
        client.get("/api/audit?tenant="),
        client.get("/api/keys?tenant="),
    ]

    assert {code(each) for each in answers} == {(403, "FORBIDDEN_TENANT")}


def test_links_of_a_tenant_lie_in_its_folder(keyring: Keyring) -> None:
    tenant = keyring.tenant()
    client = keyring.client(tenant, Scope.INGEST, Scope.READ)
    asked = {"files": [{"name": "a.jpg", "size": 10}], "folder": "2026"}

    (grant,) = client.post("/api/uploads", json=asked).json()["files"]

    assert grant["blob_name"].startswith(f"{tenant}/2026/")
    assert client.get("/api/uploads", params={"blob_name": grant["blob_name"]}).status_code == 200
    stranger = keyring.client(keyring.tenant(), Scope.INGEST)
    for method, path in (
        ("GET", "/api/uploads"),
        ("DELETE", "/api/uploads"),
        ("POST", "/api/uploads/complete"),
    ):
        answers = [
            stranger.request(method, path, params={"blob_name": each})
            for each in (grant["blob_name"], f"{tenant}/never/a.jpg", "never/a.jpg")
        ]
        assert {code(each) for each in answers} == {(404, "UNKNOWN_UPLOAD")}


def test_one_id_of_two_tenants_is_two_files(keyring: Keyring, photo: bytes) -> None:
    media_id = uuid4().hex
    tenants = [keyring.tenant(), keyring.tenant()]
    clients = [keyring.client(each, Scope.INGEST, Scope.READ) for each in tenants]
    headers = {"Idempotency-Key": uuid4().hex}

    sent = clients[0].post(
        "/compress/",
        data={"media_id": media_id},
        files={"file": ("a.png", photo)},
        headers=headers,
    )
    unknown = clients[1].get(f"/status/{media_id}").json()["status"]
    again = clients[1].post(
        "/compress/",
        data={"media_id": media_id},
        files={"file": ("a.png", photo)},
        headers=headers,
    )

    assert (sent.status_code, again.status_code) == (200, 200)
    assert unknown == "not_found"
    names = {
        keyring.services.keys.tenants.of(record.blob_name)
        for tenant in tenants
        for record in keyring.services.ingests.of_id("lms", media_id, tenant)  # type: ignore[arg-type]
    }
    assert names == set(tenants)
    assert keyring.operator.get(f"/status/{media_id}").json()["status"] == "not_found"


def test_webhooks_of_a_tenant_are_its_own(keyring: Keyring) -> None:
    tenants = [keyring.tenant(), keyring.tenant()]
    one, other = (keyring.client(each, Scope.WEBHOOKS) for each in tenants)
    made = one.post("/api/webhooks", json=WEBHOOK).json()
    place = f"/api/webhooks/{made['id']}"

    assert [each["id"] for each in one.get("/api/webhooks").json()] == [made["id"]]
    assert other.get("/api/webhooks").json() == []
    assert made["id"] in [each["id"] for each in keyring.operator.get("/api/webhooks").json()]
    for method, path in (
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/ping"),
        ("POST", "/rotate"),
        ("GET", "/deliveries"),
        ("POST", "/recover"),
        ("POST", "/deliveries/msg_1/replay"),
    ):
        answer = other.request(method, place + path, json={} if method != "GET" else None)
        assert code(answer) == (404, "UNKNOWN_WEBHOOK"), path
    assert one.delete(place).status_code == 204


def test_secrets_of_webhooks_differ_by_tenant(keyring: Keyring) -> None:
    clients = [keyring.client(keyring.tenant(), Scope.WEBHOOKS) for _ in range(2)]
    before = [each.get("/api/webhook-secret").json() for each in (*clients, keyring.operator)]
    assert len({each["secret"] for each in before}) == 3

    rotated = clients[0].post("/api/webhook-secret/rotate").json()

    assert rotated["secret"] != before[0]["secret"]
    assert clients[0].get("/api/webhook-secret").json() == rotated
    assert clients[1].get("/api/webhook-secret").json() == before[1]
    assert keyring.operator.get("/api/webhook-secret").json() == before[2]


def test_a_tenants_webhook_leads_to_no_network_of_ours(keyring: Keyring) -> None:
    client = keyring.client(keyring.tenant(), Scope.WEBHOOKS)

    for url in ("https://127.0.0.1/", "https://10.0.0.1/", "http://8.8.8.8/"):
        assert code(client.post("/api/webhooks", json={"url": url})) == (422, "INVALID_URL")


def test_a_tenant_lists_and_counts_its_own_jobs_and_the_operator_all(keyring: Keyring) -> None:
    one, other = keyring.tenant(), keyring.tenant()
    name = put(keyring, f"{one}/a.jpg")
    put(keyring, f"{other}/b.jpg")
    client = keyring.client(one, Scope.READ, Scope.STATISTICS)

    own = client.get("/api/jobs").json()["jobs"]
    foreign = client.get("/api/jobs", params={"prefix": other}).json()["jobs"]
    everybody = keyring.operator.get("/api/jobs", params={"limit": 1000}).json()["jobs"]

    assert [each["blob_name"] for each in own] == [name]
    assert foreign == []
    assert {f"{one}/a.jpg", f"{other}/b.jpg"} <= {each["blob_name"] for each in everybody}
    assert client.get("/api/statistics").json()["total"]["jobs"] == 1
    assert keyring.operator.get("/api/statistics").json()["total"]["jobs"] >= 2
