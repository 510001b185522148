"""No webhook leads behind our own walls, however its address is spelt."""

import httpx2
import pytest

from harness.rig.receiver import Receiver
from tests.integrations.test_outbound_http import BEHIND_OUR_WALLS
from tests.test_option_values import NO_ADDRESSES

from .asking import created


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
