"""What tests of webhooks do again and again."""

import httpx2
from standardwebhooks import Webhook

from harness.rig.receiver import Received, Receiver
from lifecycle.dispatcher import dispatch
from lifecycle.intake import accept_blob
from lifecycle.services import Services


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
