"""Secrets are shown, replaced, and both sign for a while."""

import httpx2
import pytest
from standardwebhooks import WebhookVerificationError

from harness.rig.receiver import Receiver
from lifecycle.services import Services

from .asking import created, deliver, verified


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
