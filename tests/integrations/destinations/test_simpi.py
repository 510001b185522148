"""SIMPI's API is told of a step's media."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_network

import pytest

from errors.deliveries import DeliveryObsoleteError
from harness.rig.receiver import Receiver, receiving
from integrations.destinations.destination import DeliveryAttempt
from integrations.destinations.simpi import SimpiDestination
from integrations.outbound_http import OutboundHttp
from jobs.endpoint import Endpoint, EndpointKind, by_setting

from .conformance import Conformance, HttpEnd, an_attempt

TOKEN = "a-token-that-nobody-sees"


@dataclass
class SimpiEnd(HttpEnd):
    """The API, and the destination that leads there."""

    receiver: Receiver
    destination: SimpiDestination
    is_secret: str = TOKEN

    @property
    def endpoint(self) -> Endpoint:
        return by_setting(EndpointKind.SIMPI, self.receiver.url, frozenset())

    def attempt(self, text: str) -> DeliveryAttempt:
        """The delivery's id is the step's, and the text is the link."""
        attempt = an_attempt(self.endpoint)
        name = f"step-{attempt.delivery.id}-1.mp4"
        return replace(attempt, document=document(name, output_url=text))

    def arrived(self) -> list[tuple[str, str]]:
        return [
            (each.path.split("/")[4], json.loads(each.body)["compressed_url"])
            for each in self.receiver.received
        ]


def document(name: str, **data: object) -> str:
    facts = {"blob_name": name, "status": "completed", "original_size": 10, "compressed_size": 5}
    return json.dumps({"data": facts | {"compression_ratio": 0.5} | data})


@pytest.fixture
def far_end() -> Iterator[SimpiEnd]:
    with receiving() as receiver:
        loopback = (ip_network("127.0.0.0/8"),)
        yield SimpiEnd(receiver, SimpiDestination(OutboundHttp(), TOKEN, loopback, 3.0))


class TestConformance(Conformance):
    """As every destination."""


def test_the_step_gets_its_media_as_the_contract_has_it(far_end: SimpiEnd) -> None:
    attempt = an_attempt(
        far_end.endpoint, document("a/step-4 2-17000.mp4", output_url="https://link.example/x?y")
    )

    far_end.destination.send(attempt)

    (came,) = far_end.receiver.received
    assert came.path == "/api/v1/steps/4%202/media"
    assert came.headers["authorization"] == f"Bearer {TOKEN}"
    assert came.headers["content-type"] == "application/json"
    assert json.loads(came.body) == {
        "processing_status": "completed",
        "compressed_url": "https://link.example/x?y",
        "original_size": 10,
        "compressed_size": 5,
        "compression_ratio": 0.5,
    }


def test_a_name_without_a_step_is_told_nobody(far_end: SimpiEnd) -> None:
    with pytest.raises(DeliveryObsoleteError):
        far_end.destination.send(an_attempt(far_end.endpoint, document("holiday.png")))

    assert not far_end.is_touched()
