"""/api/webhooks: made, shown, changed, tried and removed."""

from contextlib import ExitStack

import httpx2
import pytest

from api.app import create_api
from harness.rig.receiver import Receiver
from lifecycle.services import Services, connect
from tests.api.conftest import KEY, served

from .asking import created, deliver, end_a_job, verified


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/webhooks"),
        ("GET", "/api/webhooks"),
        ("GET", "/api/webhooks/wh_1"),
        ("PATCH", "/api/webhooks/wh_1"),
        ("DELETE", "/api/webhooks/wh_1"),
        ("POST", "/api/webhooks/wh_1/rotate"),
        ("POST", "/api/webhooks/wh_1/ping"),
        ("POST", "/api/webhooks/wh_1/recover"),
        ("GET", "/api/webhooks/wh_1/deliveries"),
        ("POST", "/api/webhooks/wh_1/deliveries/msg_1/replay"),
        ("GET", "/api/webhook-secret"),
        ("POST", "/api/webhook-secret/rotate"),
        ("GET", "/api/deliveries?blob_name=a"),
    ],
)
def test_without_the_key_nothing_is_told_whatever_the_body(
    stranger: httpx2.Client, method: str, path: str
) -> None:
    answer = stranger.request(method, path, content=b"nonsense")

    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")


def test_a_webhook_is_made_shown_changed_and_removed(
    client: httpx2.Client, receiver: Receiver
) -> None:
    made = created(client, receiver, description="the LMS", events=["job.failed"])
    place = f"/api/webhooks/{made['id']}"

    assert made["secret"].startswith("whsec_")
    assert (made["enabled"], made["events"]) == (True, ["job.failed"])
    assert client.get(place).json() == made
    assert client.get("/api/webhooks").json() == [made]

    changed = client.patch(place, json={"events": ["job.completed"], "description": ""}).json()
    assert (changed["events"], changed["description"]) == (["job.completed"], "")
    assert changed["url"] == made["url"]
    assert client.get(place).json() == changed

    assert client.delete(place).status_code == 204
    assert client.get(place).json()["code"] == "UNKNOWN_WEBHOOK"
    assert client.get("/api/webhooks").json() == []


def test_unless_it_is_told_a_webhook_gets_every_event(
    client: httpx2.Client, receiver: Receiver
) -> None:
    assert created(client, receiver)["events"] == [
        "endpoint.disabled",
        "job.completed",
        "job.failed",
    ]


def test_a_ping_arrives_and_its_secret_is_the_one_that_was_told(
    client: httpx2.Client, services: Services, receiver: Receiver
) -> None:
    made = created(client, receiver, events=[])

    answer = client.post(f"/api/webhooks/{made['id']}/ping")
    deliver(services, made)

    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    (came,) = receiver.received
    assert verified(came, made["secret"])["type"] == "ping"
    assert came.id == answer.json()["id"]


def test_a_disabled_webhook_gets_nothing_until_it_is_enabled(
    client: httpx2.Client, services: Services, receiver: Receiver
) -> None:
    made = created(client, receiver)
    place = f"/api/webhooks/{made['id']}"

    off = client.patch(place, json={"enabled": False}).json()
    end_a_job(services, "a.png")
    ping = client.post(f"{place}/ping")
    on = client.patch(place, json={"enabled": True}).json()
    end_a_job(services, "b.png")
    deliver(services, made)

    assert (off["enabled"], bool(off["disabled_at"]), bool(off["disabled_reason"])) == (
        False,
        True,
        True,
    )
    assert (ping.status_code, ping.json()["code"]) == (409, "WEBHOOK_DISABLED")
    assert (on["enabled"], on["disabled_at"], on["disabled_reason"]) == (True, None, None)
    told = [verified(each, made["secret"])["data"]["blob_name"] for each in receiver.received]
    assert told == ["b.png"]


def test_there_are_twenty_webhooks_at_most(client: httpx2.Client, receiver: Receiver) -> None:
    for _ in range(20):
        created(client, receiver)

    answer = client.post("/api/webhooks", json={"url": f"{receiver.url}/hook"})

    assert (answer.status_code, answer.json()["code"]) == (409, "LIMIT_WEBHOOKS")


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("", {}, "url"),
        ("", {"url": 5}, "url"),
        ("", {"url": "https://8.8.8.8/", "events": ["job.exploded"]}, "events"),
        ("", {"url": "https://8.8.8.8/", "evnets": []}, "evnets"),
        ("", {"url": "https://8.8.8.8/", "description": "x" * 201}, "description"),
        ("", [], "the body"),
        ("/{id}/rotate", {"overlap_hours": 169}, "overlap_hours"),
        ("/{id}/rotate", {"overlap_hours": -1}, "overlap_hours"),
        ("/{id}/recover", {}, "since"),
        ("/{id}/recover", {"since": "2026-01-02T03:04:05"}, "since"),
        ("/{id}/recover", {"since": "yesterday"}, "since"),
    ],
)
def test_a_body_that_is_not_as_described_is_refused_and_the_field_named(
    client: httpx2.Client, receiver: Receiver, path: str, body: object, named: str
) -> None:
    made = created(client, receiver)

    answer = client.post("/api/webhooks" + path.format(**made), json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_REQUEST")
    assert named in answer.json()["detail"]


@pytest.mark.parametrize("name", ["wh_nobody", "operator", "=shared", "a'b", "..%2Fx"])
def test_a_webhook_that_is_not_there_is_not_known(client: httpx2.Client, name: str) -> None:
    for method, path in (("GET", ""), ("POST", "/ping"), ("GET", "/deliveries")):
        answer = client.request(method, f"/api/webhooks/{name}{path}")

        assert answer.status_code == 404


def test_the_operators_webhook_is_listed_and_can_be_tried_but_not_moved(
    services: Services, receiver: Receiver
) -> None:
    settings = services.settings.model_copy(update={"webhook_url": f"{receiver.url}/operator"})
    services = connect(settings)
    with ExitStack() as stack:
        address = stack.enter_context(served(create_api(services)))
        client = stack.enter_context(httpx2.Client(base_url=address, headers={"X-API-Key": KEY}))
        (listed,) = client.get("/api/webhooks").json()
        client.post("/api/webhooks/operator/ping")
        rotated = client.post("/api/webhooks/operator/rotate", json={"overlap_hours": 0}).json()
        deliver(services, {"id": "operator"})
        moved = client.patch("/api/webhooks/operator", json={"url": "https://8.8.8.8/"})
        removed = client.delete("/api/webhooks/operator")
        off = client.patch("/api/webhooks/operator", json={"enabled": False}).json()

    assert (listed["id"], listed["url"]) == ("operator", f"{receiver.url}/operator")
    assert verified(receiver.received[0], rotated["secret"])["type"] == "ping"
    assert (moved.json()["code"], removed.json()["code"]) == ("INVALID_REQUEST",) * 2
    assert off["enabled"] is False
    elsewhere = connect(settings.model_copy(update={"webhook_url": f"{receiver.url}/new"}))
    assert elsewhere.endpoints.get("operator").is_enabled


def test_answers_that_hold_a_secret_are_not_to_be_stored(
    client: httpx2.Client, receiver: Receiver
) -> None:
    made = created(client, receiver)

    for path in ("", f"/{made['id']}", f"/{made['id']}/deliveries"):
        assert client.get(f"/api/webhooks{path}").headers["cache-control"] == "no-store"
    assert client.get("/api/webhook-secret").headers["cache-control"] == "no-store"
