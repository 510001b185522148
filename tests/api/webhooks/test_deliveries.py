"""What became of deliveries, and once more."""

from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from harness.rig.receiver import Received, Receiver
from lifecycle.services import Services

from .asking import created, deliver, deliveries, end_a_job, verified


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


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_any_moment_may_be_recovered_from(
    client: httpx2.Client, receiver: Receiver, since: str
) -> None:
    place = f"/api/webhooks/{created(client, receiver)['id']}/recover"

    answer = client.post(place, json={"since": since})

    assert (answer.status_code, answer.json()) == (202, {"count": 0})


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


def test_an_event_arrives_by_the_status_alone_being_asked_for(
    client: httpx2.Client, services: Services, receiver: Receiver
) -> None:
    """An upload that no trigger noticed is taken in by the question, and ends by it."""
    made = created(client, receiver)
    services.uploads._container.upload_blob("asked.png", b"", overwrite=True)

    client.get("/api/status", params={"blob_name": "asked.png"})
    deliver(services, made)

    assert len(receiver.received) == 1
