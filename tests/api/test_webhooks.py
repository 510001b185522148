"""/api/webhooks and what became of deliveries, over HTTP, with real receivers."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from api.app import create_api
from devhost.azurite import Azurite
from lifecycle.dispatcher import dispatch
from lifecycle.intake import accept_blob
from lifecycle.services import Services, connect
from scripts.support.receiver import Received, Receiver, receiving
from settings import Settings
from tests.integrations.test_outbound_http import BEHIND_OUR_WALLS
from tests.test_option_values import NO_ADDRESSES

from .conftest import KEY, served

NETWORKS = "127.0.0.1/32"


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An account of its own: a list of webhooks belongs to a deployment."""
    with Azurite.started(tmp_path_factory.mktemp("azurite")) as azurite:
        yield azurite.connection_string


@pytest.fixture
def services(storage: str, tmp_path: Path) -> Iterator[Services]:
    settings = Settings(  # type: ignore[call-arg]
        API_KEY=KEY,
        AzureWebJobsStorage=storage,
        OUTBOUND_ALLOWED_NETWORKS=NETWORKS,
        WORK_DIR=tmp_path / "work",
    )
    services = connect(settings)
    services.uploads.create()
    services.results.create()
    services.delivery_queue.create()
    yield services
    services.outbox._table.delete_table()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def created(client: httpx2.Client, receiver: Receiver, **given) -> dict:
    answer = client.post("/api/webhooks", json={"url": f"{receiver.url}/hook"} | given)
    assert answer.status_code == 201, answer.text
    return answer.json()


def end_a_job(services: Services, name: str) -> None:
    """By an upload that cannot be accepted."""
    services.uploads._container.upload_blob(name, b"", overwrite=True)
    accept_blob(services, name)


def deliver(services: Services, webhook: dict) -> None:
    dispatch(services, [webhook["id"]])


def deliveries(client: httpx2.Client, webhook: dict, **query: str) -> list[dict]:
    answer = client.get(f"/api/webhooks/{webhook['id']}/deliveries", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["deliveries"]


def verified(received: Received, secret: str) -> dict:
    return Webhook(secret).verify(received.body, dict(received.headers))


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


def test_the_log_tells_of_each_attempt_and_the_job_of_each_delivery(
    client: httpx2.Client, services: Services, receiver: Receiver
) -> None:
    made = created(client, receiver)
    receiver.behave("500")
    end_a_job(services, "a.png")
    deliver(services, made)

    (logged,) = deliveries(client, made)

    assert (logged["state"], logged["event"], logged["attempts"]) == ("waiting", "job.failed", 1)
    assert (logged["last_status"], logged["error_code"]) == (500, "DELIVERY_STATUS")
    assert logged["next_attempt_at"]
    (attempt,) = logged["log"]
    assert (attempt["number"], attempt["status"], attempt["answer"]) == (1, 500, "thanks")
    assert client.get("/api/deliveries", params={"blob_name": "a.png"}).json() == [logged]
    (in_status,) = client.get("/api/status", params={"blob_name": "a.png"}).json()["deliveries"]
    assert in_status == {name: value for name, value in logged.items() if name != "log"}
    assert deliveries(client, made, state="waiting") == [logged]
    assert deliveries(client, made, state="delivered") == []


def test_the_event_has_the_words_of_the_status(
    client: httpx2.Client, services: Services, receiver: Receiver
) -> None:
    made = created(client, receiver)
    end_a_job(services, "a.png")
    deliver(services, made)

    status = client.get("/api/status", params={"blob_name": "a.png"}).json()

    data = verified(receiver.received[0], made["secret"])["data"]
    of_this_moment = {"deliveries", "deletes_at", "output_url", "expires_at", "updated_at"}
    assert {name: status[name] for name in status.keys() - of_this_moment} == {
        name: data[name] for name in data.keys() - of_this_moment
    }


def test_a_job_without_deliveries_has_an_empty_list(
    client: httpx2.Client, services: Services
) -> None:
    end_a_job(services, "b.png")

    assert client.get("/api/status", params={"blob_name": "b.png"}).json()["deliveries"] == []
    assert client.get("/api/deliveries", params={"blob_name": "b.png"}).json() == []


def test_deliveries_of_a_job_that_never_was_are_not_known(client: httpx2.Client) -> None:
    unknown = client.get("/api/deliveries", params={"blob_name": "never.png"})

    assert (unknown.status_code, unknown.json()["code"]) == (404, "UNKNOWN_JOB")
    assert client.get("/api/deliveries").json()["code"] == "MISSING_BLOB_NAME"


def test_a_delivery_is_replayed_at_once_under_the_same_id(
    client: httpx2.Client, services: Services, receiver: Receiver
) -> None:
    made = created(client, receiver)
    end_a_job(services, "a.png")
    deliver(services, made)
    (before,) = deliveries(client, made)

    answer = client.post(f"/api/webhooks/{made['id']}/deliveries/{before['id']}/replay")
    deliver(services, made)

    assert (answer.status_code, answer.json()["replays"]) == (202, 1)
    assert receiver.ids == [before["id"]] * 2
    (after,) = deliveries(client, made)
    assert (after["state"], after["attempts"], after["replays"]) == ("delivered", 2, 1)
    assert [attempt["number"] for attempt in after["log"]] == [1, 2]


def test_what_waits_for_a_dead_receiver_is_replayed_when_it_is_back(
    client: httpx2.Client, services: Services, receiver: Receiver
) -> None:
    made = created(client, receiver)
    receiver.behave(otherwise="500")
    for number in range(9):
        end_a_job(services, f"{number}.png")
    deliver(services, made)
    receiver.behave()
    (one, *_) = deliveries(client, made, state="waiting")

    client.post(f"/api/webhooks/{made['id']}/deliveries/{one['id']}/replay")
    deliver(services, made)

    assert one["id"] in {each["id"] for each in deliveries(client, made, state="delivered")}


def test_all_that_failed_or_was_dropped_is_recovered(
    client: httpx2.Client, services: Services, receiver: Receiver
) -> None:
    made = created(client, receiver)
    place = f"/api/webhooks/{made['id']}"
    receiver.behave(otherwise="410")
    for number in range(3):
        end_a_job(services, f"{number}.png")
    deliver(services, made)
    assert client.get(place).json()["enabled"] is False
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    refused = client.post(f"{place}/recover", json={"since": since})
    assert refused.json()["code"] == "WEBHOOK_DISABLED"
    client.patch(place, json={"enabled": True})
    receiver.behave()

    answer = client.post(f"{place}/recover", json={"since": since})
    deliver(services, made)

    assert (answer.status_code, answer.json()) == (202, {"count": 3})
    assert {each["state"] for each in deliveries(client, made)} == {"delivered"}
    assert client.post(f"{place}/recover", json={"since": since}).json() == {"count": 0}


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


def test_a_secret_is_replaced_and_the_old_one_verifies_for_as_long_as_was_asked(
    client: httpx2.Client, services: Services, receiver: Receiver
) -> None:
    made = created(client, receiver)
    place = f"/api/webhooks/{made['id']}"

    new = client.post(f"{place}/rotate").json()
    client.post(f"{place}/ping")
    deliver(services, made)
    last = client.post(f"{place}/rotate", json={"overlap_hours": 0}).json()
    client.post(f"{place}/ping")
    deliver(services, made)

    during, after = receiver.received
    assert new["secret"] not in (made["secret"], last["secret"])
    assert new["previous_secret_until"]
    for secret in (made["secret"], new["secret"]):
        assert verified(during, secret)
        with pytest.raises(WebhookVerificationError):
            verified(after, secret)
    assert verified(after, last["secret"])


def test_the_shared_secret_is_shown_and_replaced(client: httpx2.Client) -> None:
    one = client.get("/api/webhook-secret").json()
    two = client.post("/api/webhook-secret/rotate", json={"overlap_hours": 1}).json()

    assert one["secret"].startswith("whsec_")
    assert two["secret"] != one["secret"]
    assert client.get("/api/webhook-secret").json() == two


@pytest.mark.parametrize("url", [*NO_ADDRESSES, *BEHIND_OUR_WALLS])
def test_an_address_that_cannot_be_used_is_refused(client: httpx2.Client, url: str) -> None:
    if "127.0.0.1/" in url or "localhost" in url:
        url = url.replace("127.0.0.1", "127.0.0.2").replace("localhost", "127.0.0.2")

    answer = client.post("/api/webhooks", json={"url": url})

    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_URL")
    assert client.get("/api/webhooks").json() == []


def test_a_webhook_cannot_be_led_behind_our_walls_by_a_change(
    client: httpx2.Client, receiver: Receiver
) -> None:
    made = created(client, receiver)

    answer = client.patch(f"/api/webhooks/{made['id']}", json={"url": "https://10.0.0.1/"})

    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_URL")


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
    assert named in answer.json()["title"]


@pytest.mark.parametrize("name", ["wh_nobody", "operator", "=shared", "a'b", "..%2Fx"])
def test_a_webhook_that_is_not_there_is_not_known(client: httpx2.Client, name: str) -> None:
    for method, path in (("GET", ""), ("POST", "/ping"), ("GET", "/deliveries")):
        answer = client.request(method, f"/api/webhooks/{name}{path}")

        assert answer.status_code == 404


def test_a_delivery_that_is_not_there_is_not_known(
    client: httpx2.Client, receiver: Receiver
) -> None:
    made = created(client, receiver)
    place = f"/api/webhooks/{made['id']}/deliveries"

    for name in ("msg_1", "msg_" + "0" * 27, "x'y"):
        assert client.post(f"{place}/{name}/replay").json()["code"] == "UNKNOWN_DELIVERY"
    assert client.get(place, params={"continuation": "msg_1"}).json()["code"] == "UNKNOWN_DELIVERY"
    refused = client.get(place, params={"state": "lost"})
    assert (refused.status_code, refused.json()["code"]) == (422, "INVALID_REQUEST")


def test_a_delivery_that_is_being_sent_is_not_replayed(
    client: httpx2.Client, services: Services, receiver: Receiver
) -> None:
    made = created(client, receiver)
    end_a_job(services, "a.png")
    answers = []

    def ask(received: Received, behaviour: str) -> None:
        path = f"/api/webhooks/{made['id']}/deliveries/{received.id}/replay"
        answers.append(client.post(path))

    receiver.on_request = ask
    deliver(services, made)

    assert (answers[0].status_code, answers[0].json()["code"]) == (409, "DELIVERY_BUSY")


def test_pages_of_deliveries_follow_each_other(
    client: httpx2.Client, services: Services, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = created(client, receiver)
    monkeypatch.setattr("lifecycle.deliveries.PAGE", 2)
    for number in range(5):
        end_a_job(services, f"{number}.png")
    seen, continuation, pages = [], None, 0

    while pages == 0 or continuation:
        query = {"continuation": continuation} if continuation else {}
        page = client.get(f"/api/webhooks/{made['id']}/deliveries", params=query).json()
        seen += page["deliveries"]
        continuation, pages = page["continuation"], pages + 1

    assert [len(seen), pages] == [5, 3]
    assert len({each["id"] for each in seen}) == 5
    times = [each["happened_at"] for each in seen]
    assert times == sorted(times, reverse=True)


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


def test_an_event_arrives_by_the_status_alone_being_asked_for(
    client: httpx2.Client, services: Services, receiver: Receiver
) -> None:
    """An upload that no trigger noticed is taken in by the question, and ends by it."""
    made = created(client, receiver)
    services.uploads._container.upload_blob("asked.png", b"", overwrite=True)

    client.get("/api/status", params={"blob_name": "asked.png"})
    deliver(services, made)

    assert len(receiver.received) == 1
