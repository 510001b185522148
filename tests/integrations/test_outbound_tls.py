"""The way out over TLS: whose certificate is accepted."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from errors.deliveries import DeliveryTimeoutError, DeliveryUnreachableError
from harness.rig.receiver import Receiver, receiving
from integrations import outbound_http
from integrations.outbound_http import OutboundHttp
from tests.certificates import client_context, server_context
from tests.integrations.test_outbound_http import HOST, a_request, port_of, sent


@pytest.fixture
def tls_receiver(tmp_path: Path) -> Iterator[Receiver]:
    with receiving(Receiver().with_tls(server_context(tmp_path, HOST))) as receiver:
        yield receiver


def over_tls(receiver: Receiver, folder: Path, host: str):
    outbound = OutboundHttp(lambda name, port: ["127.0.0.1"], lambda: client_context(folder))
    return outbound.send(a_request(f"https://{host}:{port_of(receiver)}/"))


def test_over_tls_the_name_counts_though_the_address_was_asked(
    tls_receiver: Receiver, tmp_path: Path
) -> None:
    answer = over_tls(tls_receiver, tmp_path, HOST)

    assert answer.status == 200
    assert tls_receiver.received[0].headers["host"].startswith(f"{HOST}:")


def test_the_certificate_of_another_name_is_refused(tls_receiver: Receiver, tmp_path: Path) -> None:
    with pytest.raises(DeliveryUnreachableError, match="certificate was not accepted"):
        over_tls(tls_receiver, tmp_path, "other.example")

    assert tls_receiver.received == []


def test_a_certificate_that_nobody_vouches_for_is_refused(tls_receiver: Receiver) -> None:
    outbound = OutboundHttp(resolve=lambda name, port: ["127.0.0.1"])

    with pytest.raises(DeliveryUnreachableError, match="certificate was not accepted"):
        outbound.send(a_request(f"https://{HOST}:{port_of(tls_receiver)}/"))


def test_a_server_that_never_shakes_hands_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began_s = time.monotonic()

        with pytest.raises(DeliveryTimeoutError):
            sent(f"https://127.0.0.1:{silent.getsockname()[1]}/", limit_s=0.5)

        assert time.monotonic() - began_s < outbound_http.ANSWER_LIMIT_S
