"""Webhooks, by the vectors of the specification and against a real receiver."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from errors.deliveries import DeliveryError, DeliveryGoneError, DeliveryStatusError
from harness.rig.receiver import Received, Receiver, receiving
from integrations.destinations.answers import retry_after_s
from integrations.destinations.destination import DeliveryAttempt
from integrations.destinations.webhook import WebhookDestination, signed
from integrations.outbound_http import OutboundHttp
from integrations.secret_keys import SecretKeys
from jobs.endpoint import Endpoint
from jobs.event import SUBSCRIBABLE
from jobs.signing import SigningSecret

from .conformance import Conformance, HttpEnd, an_attempt

KEYS = SecretKeys(b"the root of all secrets")
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class WebhookEnd(HttpEnd):
    """A receiver, and the destination that leads there."""

    receiver: Receiver
    destination: WebhookDestination
    is_secret: str = "key-in-the-address"

    @property
    def endpoint(self) -> Endpoint:
        url = f"{self.receiver.url}/hook?token={self.is_secret}"
        return Endpoint("wh_1", url, SUBSCRIBABLE, NOW, SigningSecret("wh_1"))

    def attempt(self, text: str) -> DeliveryAttempt:
        return an_attempt(self.endpoint, text)

    def accept(self) -> None:
        self.receiver.behave(otherwise="204")

    def arrived(self) -> list[tuple[str, str]]:
        return [(each.id, each.body.decode()) for each in self.receiver.received]


@pytest.fixture
def far_end() -> Iterator[WebhookEnd]:
    loopback = (ip_network("127.0.0.0/8"),)
    with receiving() as receiver:
        destination = WebhookDestination(OutboundHttp(), KEYS, loopback, limit_s=3.0)
        yield WebhookEnd(receiver, destination)


class TestConformance(Conformance):
    """As every destination."""


def verified(received: Received, owner: str, version: int):
    """What a receiver gets that knows this secret; the library is the specification's own."""
    secret = KEYS.webhook_secret(owner, version)
    return Webhook(secret).verify(received.body, dict(received.headers))


def test_the_published_vector_comes_out() -> None:
    moment = datetime.fromtimestamp(1614265330.9, UTC)
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    headers = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", moment, '{"test": 2432232314}', [secret])

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_several_secrets_sign_one_after_the_other() -> None:
    one, other = b"1" * 32, b"2" * 32

    both = signed("msg_1", NOW, "{}", [one, other])["webhook-signature"]

    alone = [signed("msg_1", NOW, "{}", [each])["webhook-signature"] for each in (one, other)]
    assert both.split(" ") == alone


@pytest.mark.parametrize("size", [0, 2, 23, 65])
def test_a_secret_of_another_size_signs_nothing(size: int) -> None:
    with pytest.raises(ValueError):
        signed("msg_1", NOW, "{}", [bytes(size)])


@pytest.mark.parametrize("size", [24, 32, 64])
def test_a_secret_of_the_right_size_signs(size: int) -> None:
    assert signed("msg_1", NOW, "{}", [b"x" * size])["webhook-signature"].startswith("v1,")


def test_a_receiver_verifies_what_it_gets(far_end: WebhookEnd) -> None:
    far_end.destination.send(an_attempt(far_end.endpoint, '{"type":"ping","data":{"ä":1}}'))

    (came,) = far_end.receiver.received
    assert verified(came, "wh_1", 1) == {"type": "ping", "data": {"ä": 1}}
    assert came.headers["content-type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        verified(came, "wh_2", 1)


def test_while_a_secret_is_replaced_both_verify_and_then_only_the_new_one(
    far_end: WebhookEnd,
) -> None:
    secret = SigningSecret("wh_1").rotated(datetime.now(UTC), timedelta(hours=24))
    endpoint = replace(far_end.endpoint, secret=secret)
    over = replace(secret, previous_until=datetime.now(UTC) - timedelta(seconds=1))

    far_end.destination.send(an_attempt(endpoint))
    far_end.destination.send(an_attempt(replace(endpoint, secret=over)))

    during, after = far_end.receiver.received
    assert verified(during, "wh_1", 1) == verified(during, "wh_1", 2)
    assert verified(after, "wh_1", 2)
    with pytest.raises(WebhookVerificationError):
        verified(after, "wh_1", 1)


@pytest.mark.parametrize("status", ["200", "201", "202", "204", "299"])
def test_any_answer_of_success_is_an_acceptance(far_end: WebhookEnd, status: str) -> None:
    far_end.receiver.behave(status)

    assert far_end.destination.send(an_attempt(far_end.endpoint)).status == int(status)


@pytest.mark.parametrize("status", [300, 301, 307, 400, 401, 404, 408, 429, 500, 503, 599])
def test_any_other_answer_is_a_failure_and_a_redirect_is_not_followed(
    far_end: WebhookEnd, status: int
) -> None:
    far_end.receiver.behave(str(status))

    with pytest.raises(DeliveryStatusError) as failure:
        far_end.destination.send(an_attempt(far_end.endpoint))

    assert failure.value.status == status
    assert failure.value.answer == "thanks"
    assert len(far_end.receiver.received) == 1


def test_a_receiver_that_wants_nothing_more_says_so(far_end: WebhookEnd) -> None:
    far_end.receiver.behave("410")

    with pytest.raises(DeliveryGoneError) as failure:
        far_end.destination.send(an_attempt(far_end.endpoint))

    assert failure.value.is_final


@pytest.mark.parametrize(
    ("status", "asked_s"), [("429:120", 120), ("503:7", 7), ("500:7", None), ("503", None)]
)
def test_a_busy_receiver_may_ask_for_a_pause(
    far_end: WebhookEnd, status: str, asked_s: float | None
) -> None:
    far_end.receiver.behave(status)

    with pytest.raises(DeliveryError) as failure:
        far_end.destination.send(an_attempt(far_end.endpoint))

    assert failure.value.pause_s == asked_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        (" 30 ", 30),
        ("99999999999999999999", 999999999),
        ("Fri, 02 Jan 2026 03:05:05 GMT", 60),
        ("Fri, 02 Jan 2026 03:05:05 -0000", 60),
        ("Fri, 02 Jan 2026 01:00:00 GMT", 0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("٣", None),
        ("Fri, 99 Jan 2026 03:05:05 GMT", None),
        ("Fri, 02 Jan 99999999999999999999 03:05:05 GMT", None),
        ("Fri, 02 Jan 2026 03:05:05 +99999999999999999999", None),
    ],
)
def test_a_pause_is_asked_for_in_seconds_or_by_a_date(text: str, seconds: float | None) -> None:
    assert retry_after_s({"retry-after": text}, NOW) == seconds
    assert retry_after_s({}, NOW) is None


def test_of_a_long_answer_the_beginning_is_kept(far_end: WebhookEnd) -> None:
    far_end.receiver.behave("huge")

    assert far_end.destination.send(an_attempt(far_end.endpoint)).answer == "x" * 1024
