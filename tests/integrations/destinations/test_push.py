"""Files in a form, against a real receiver and a reader of forms that is not ours."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_network

import pytest

from errors.deliveries import (
    DeliveryInterruptedError,
    DeliveryObsoleteError,
    DeliveryStatusError,
)
from harness.rig.platform import fields_of
from harness.rig.receiver import Receiver, receiving
from integrations.destinations.destination import DeliveryAttempt
from integrations.destinations.push import PushDestination
from integrations.outbound_http import OutboundHttp
from jobs.endpoint import Endpoint, EndpointKind, by_setting

from .conformance import Conformance, HttpEnd
from .files import Shelf, again

MEGABYTE = 1 << 20


@dataclass
class PushEnd(HttpEnd):
    """A receiver, and the destination that leads there."""

    receiver: Receiver
    shelf: Shelf
    destination: PushDestination
    is_secret: str = "key-in-the-address"

    @property
    def endpoint(self) -> Endpoint:
        url = f"{self.receiver.url}/store?token={self.is_secret}"
        return by_setting(EndpointKind.PUSH, url, frozenset())

    def attempt(self, text: str) -> DeliveryAttempt:
        return self.shelf.attempt(self.endpoint, text.encode())

    def arrived(self) -> list[tuple[str, str]]:
        forms = map(fields_of, self.receiver.received)
        return [(each["video_id"].decode(), each["file"].decode()) for each in forms]


@pytest.fixture
def far_end(shelf: Shelf) -> Iterator[PushEnd]:
    loopback = (ip_network("127.0.0.0/8"),)
    with receiving() as receiver:
        yield PushEnd(receiver, shelf, PushDestination(OutboundHttp(), loopback, 3.0))


class TestConformance(Conformance):
    """As every destination."""


def test_the_form_has_the_fields_of_the_contract_and_its_length(far_end: PushEnd) -> None:
    content = bytes(range(256)) * 40_000
    attempt = far_end.shelf.attempt(far_end.endpoint, content)

    far_end.destination.send(attempt)

    (came,) = far_end.receiver.received
    name = attempt.delivery.id.encode()
    assert fields_of(came) == {"video_id": name, "organization_id": b"org-1", "file": content}
    assert f'filename="{attempt.delivery.id}.mp4"'.encode() in came.body
    assert int(came.headers["content-length"]) == len(came.body)
    assert "transfer-encoding" not in came.headers


@pytest.mark.parametrize(
    ("extension", "kind"),
    [
        ("mp4", b"video/mp4"),
        ("webm", b"video/webm"),
        ("mov", b"video/quicktime"),
        ("mkv", b"application/octet-stream"),
    ],
)
def test_the_form_says_what_the_file_is(far_end: PushEnd, extension: str, kind: bytes) -> None:
    far_end.destination.send(far_end.shelf.attempt(far_end.endpoint, b"x", extension))

    (came,) = far_end.receiver.received
    assert b"Content-Type: " + kind + b"\r\n" in came.body


@pytest.mark.parametrize("status", ["200", "201", "204"])
def test_any_success_is_an_acceptance(far_end: PushEnd, status: str) -> None:
    far_end.receiver.behave(status)

    assert far_end.destination.send(far_end.attempt("x")).status == int(status)


@pytest.mark.parametrize("status", [301, 400, 404, 410, 500, 503])
def test_anything_else_is_tried_again(far_end: PushEnd, status: int) -> None:
    far_end.receiver.behave(str(status))

    with pytest.raises(DeliveryStatusError) as failure:
        far_end.destination.send(far_end.attempt("x"))

    assert (failure.value.status, failure.value.is_final) == (status, False)


def test_a_busy_receiver_may_ask_for_a_pause(far_end: PushEnd) -> None:
    far_end.receiver.behave("503:120")

    with pytest.raises(DeliveryStatusError) as failure:
        far_end.destination.send(far_end.attempt("x"))

    assert failure.value.pause_s == 120


def test_an_attempt_that_must_end_breaks_the_request_off(far_end: PushEnd) -> None:
    def check() -> None:
        raise DeliveryInterruptedError

    attempt = far_end.attempt("x")
    with pytest.raises(DeliveryInterruptedError):
        far_end.destination.send(replace(attempt, check=check))

    far_end.destination.send(again(attempt))
    assert far_end.arrived()[-1] == (attempt.delivery.id, "x")


def test_a_result_that_is_gone_is_not_sent(far_end: PushEnd) -> None:
    attempt = far_end.attempt("x")
    assert attempt.parcel is not None
    attempt.parcel.content.client.delete_blob()

    for each in (attempt, replace(attempt, parcel=None)):
        with pytest.raises(DeliveryObsoleteError):
            far_end.destination.send(each)


def test_a_large_file_is_read_in_pieces(far_end: PushEnd) -> None:
    content = far_end.shelf.put(bytes(40 * MEGABYTE))

    sizes = [len(piece) for piece in content.pieces(begin=5)]

    assert sum(sizes) == 40 * MEGABYTE - 5
    assert max(sizes) <= 8 * MEGABYTE
