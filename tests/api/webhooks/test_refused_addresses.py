"""No webhook leads behind our own walls, however its address is spelt."""

from collections.abc import Iterator

import httpx2
import pytest

from api.app import create_api
from harness.rig.receiver import Receiver
from lifecycle.services import connect
from settings import Settings
from tests.api.conftest import KEY, served
from tests.integrations.test_outbound_http import BEHIND_OUR_WALLS
from tests.test_option_values import NO_ADDRESSES

from .asking import created
from .conftest import NETWORKS


@pytest.fixture(scope="module")
def refuser(storage: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """A client of one server for all addresses: what is refused leaves nothing behind."""
    settings = Settings(  # type: ignore[call-arg]
        API_KEY=KEY,
        AzureWebJobsStorage=storage,
        OUTBOUND_ALLOWED_NETWORKS=NETWORKS,
        WORK_DIR=tmp_path_factory.mktemp("work"),
    )
    with (
        served(create_api(connect(settings))) as address,
        httpx2.Client(base_url=address, headers={"X-API-Key": KEY}) as client,
    ):
        yield client


@pytest.mark.parametrize("url", [*NO_ADDRESSES, *BEHIND_OUR_WALLS])
def test_an_address_that_cannot_be_used_is_refused(refuser: httpx2.Client, url: str) -> None:
    if "127.0.0.1/" in url or "localhost" in url:
        url = url.replace("127.0.0.1", "127.0.0.2").replace("localhost", "127.0.0.2")

    answer = refuser.post("/api/webhooks", json={"url": url})

    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_URL")
    assert refuser.get("/api/webhooks").json() == []


def test_a_webhook_cannot_be_led_behind_our_walls_by_a_change(
    client: httpx2.Client, receiver: Receiver
) -> None:
    made = created(client, receiver)

    answer = client.patch(f"/api/webhooks/{made['id']}", json={"url": "https://10.0.0.1/"})

    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_URL")
