"""The way out: where it leads, for how long, and how much comes back."""

import socket
import threading
import time
from collections.abc import Iterator
from ipaddress import ip_network

import httpcore2
import pytest

from errors.deliveries import DeliveryRefusedError, DeliveryTimeoutError, DeliveryUnreachableError
from harness.rig.receiver import Receiver, receiving
from integrations import outbound_http
from integrations.outbound_http import LONGEST_ANSWER_BYTES, OutboundHttp, Request

LOOPBACK = (ip_network("127.0.0.0/8"),)
HOST = "hooks.example"
# The system's resolver reads these as they are.
BEHIND_OUR_WALLS = (
    "https://127.0.0.1/", "https://127.0.0.2:8443/", "https://localhost/", "https://0.0.0.0/",
    "https://169.254.169.254/latest/meta-data/", "https://168.63.129.16/metadata", "https://10.0.0.1/",
    "https://100.64.0.1/", "https://172.16.0.1/", "https://192.168.1.1/", "https://192.0.0.1/",
    "https://192.0.2.1/", "https://192.88.99.1/", "https://198.18.0.1/", "https://198.51.100.1/",
    "https://203.0.113.1/", "https://224.0.0.1/", "https://240.0.0.1/", "https://255.255.255.255/",
    "https://[::1]/", "https://[::]/", "https://[::127.0.0.1]/", "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:169.254.169.254]/", "https://[::ffff:a00:1]/", "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::a9fe:a9fe]/", "https://[100::1]/", "https://[2001::1]/",
    "https://[2001:db8::1]/", "https://[2002:7f00:1::]/", "https://[2002:a9fe:a9fe::]/",
    "https://[3fff::1]/", "https://[fc00::1]/", "https://[fd00::1]/", "https://[fe80::1]/",
    "https://[fec0::1]/", "https://[ff02::1]/",
)  # fmt: skip
ANSWERS_OF_A_RESOLVER = (
    ["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["::1"], ["::ffff:127.0.0.1"],
    ["64:ff9b::7f00:1"], ["fe80::1%eth0"], ["fe80::1%1"], ["8.8.8.8", "127.0.0.1"],
    ["2606:4700::1111", "::1"], ["1.1.1.1", "168.63.129.16"], ["0.0.0.0"], ["not an address"],
    ["127.1"], ["2130706433"], ["0x7f000001"],
)  # fmt: skip


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def a_request(url: str, **given) -> Request:
    return Request("POST", url, {"X-Own": "1"}, b'{"a": 1}', **{"may_enter": LOOPBACK} | given)


def sent(url: str, **given):
    return OutboundHttp().send(a_request(url, **given))


def port_of(receiver: Receiver) -> int:
    return receiver.server_address[1]


def test_a_request_arrives_as_it_was_made(receiver: Receiver) -> None:
    answer = sent(f"{receiver.url}/a%20path?x=1&y=%2F")

    assert (answer.status, answer.body, answer.address) == (200, b"thanks", "127.0.0.1")
    (came,) = receiver.received
    assert (came.path, came.body) == ("/a%20path?x=1&y=%2F", b'{"a": 1}')
    assert came.headers["host"] == receiver.url.removeprefix("http://")
    assert came.headers["x-own"] == "1"
    assert not {"cookie", "authorization", "proxy-authorization"} & set(came.headers)


@pytest.mark.parametrize("url", BEHIND_OUR_WALLS)
def test_nothing_is_sent_behind_our_own_walls(url: str, connects: list[object]) -> None:
    with pytest.raises(DeliveryRefusedError):
        sent(url, may_enter=())

    assert connects == []


@pytest.mark.parametrize("addresses", ANSWERS_OF_A_RESOLVER)
def test_one_address_that_is_not_public_is_enough_to_refuse_a_name(
    addresses: list[str], connects: list[object]
) -> None:
    outbound = OutboundHttp(resolve=lambda host, port: addresses)

    with pytest.raises(DeliveryRefusedError):
        outbound.send(a_request("https://a.example/", may_enter=()))

    assert connects == []


def test_without_tls_nothing_leaves_for_the_public_internet(connects: list[object]) -> None:
    outbound = OutboundHttp(resolve=lambda host, port: ["8.8.8.8"])

    with pytest.raises(DeliveryRefusedError):
        outbound.send(a_request("http://a.example/"))

    assert connects == []


def test_a_name_server_that_changes_its_mind_leads_nowhere_else(
    receiver: Receiver, connects: list[object]
) -> None:
    with receiving(Receiver(port_of(receiver), "127.0.0.2")) as trap:
        answers = iter([["127.0.0.1"], ["127.0.0.2"], ["127.0.0.2"]])
        outbound = OutboundHttp(resolve=lambda host, port: next(answers))
        only_one = (ip_network("127.0.0.1/32"),)

        outbound.send(a_request(f"http://a.example:{port_of(receiver)}/", may_enter=only_one))
        with pytest.raises(DeliveryRefusedError):
            outbound.send(a_request(f"http://a.example:{port_of(receiver)}/", may_enter=only_one))

    assert len(receiver.received) == 1
    assert trap.received == []
    assert [address[0] for address in connects] == ["127.0.0.1"]


def test_where_one_address_does_not_answer_the_next_is_tried(receiver: Receiver) -> None:
    outbound = OutboundHttp(resolve=lambda host, port: ["127.0.0.9", "127.0.0.1"])

    answer = outbound.send(a_request(f"http://a.example:{port_of(receiver)}/"))

    assert answer.address == "127.0.0.1"


def test_a_redirect_is_an_answer_and_not_followed(receiver: Receiver) -> None:
    receiver.behave("302")

    assert sent(receiver.url).status == 302
    assert [each.path for each in receiver.received] == ["/"]


def test_no_proxy_of_the_environment_is_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as trap:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, trap.url)

        sent(receiver.url)

    assert (len(receiver.received), trap.received) == (1, [])


@pytest.mark.parametrize("behaviour", ["hang", "drip"])
def test_a_receiver_that_never_comes_to_its_end_is_left(receiver: Receiver, behaviour: str) -> None:
    receiver.behave(behaviour)

    with pytest.raises(DeliveryTimeoutError):
        sent(receiver.url, limit_s=0.7)


class Timed(httpcore2.NetworkStream):
    """Notes for how long it may take."""

    def __init__(self) -> None:
        self.limits: list[float | None] = []

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.limits.append(timeout)
        return b""

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.limits.append(timeout)


def test_no_step_of_an_exchange_is_given_more_time_than_is_left() -> None:
    stream = Timed()
    bounded = outbound_http._Bounded(stream, time.monotonic() + 2)

    bounded.read(10, 15)
    bounded.write(b"x", 15)
    bounded.read(10, 0.5)

    assert stream.limits[0] <= 2
    assert stream.limits[1] <= 2
    assert stream.limits[2] == 0.5


def test_of_an_endless_answer_little_is_read(receiver: Receiver) -> None:
    receiver.behave("huge")

    answer = sent(receiver.url)

    assert len(answer.body) == LONGEST_ANSWER_BYTES
    assert receiver.sent_bytes < 32 * 1024 * 1024, "what the system's buffers hold"


@pytest.mark.parametrize("behaviour", ["close", "garbage"])
def test_what_is_no_answer_is_no_acceptance(receiver: Receiver, behaviour: str) -> None:
    receiver.behave(behaviour)

    with pytest.raises(DeliveryUnreachableError, match="broke"):
        sent(receiver.url)


def test_where_nobody_listens_nobody_is_reached() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(DeliveryUnreachableError):
            sent(f"http://127.0.0.1:{taken.getsockname()[1]}/")


def test_a_name_without_an_address_is_not_reached() -> None:
    def nothing(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    with pytest.raises(DeliveryUnreachableError):
        OutboundHttp(resolve=nothing).send(a_request("https://nowhere.example/"))


def test_a_resolver_that_hangs_holds_nobody_for_longer_than_a_connection_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbound_http, "CONNECT_LIMIT_S", 0.2)
    is_over = threading.Event()

    def hang(host: str, port: int) -> list[str]:
        is_over.wait()
        return []

    with pytest.raises(DeliveryTimeoutError):
        OutboundHttp(resolve=hang).send(a_request("https://slow.example/"))
    is_over.set()


def test_a_check_refuses_what_sending_would_refuse_and_lets_unknown_names_pass() -> None:
    def resolve(host: str, port: int) -> list[str]:
        if host == "unknown.example":
            raise socket.gaierror
        return {"in.example": ["10.0.0.1"], "out.example": ["8.8.8.8"]}[host]

    outbound = OutboundHttp(resolve=resolve)

    outbound.check("https://unknown.example/", ())
    outbound.check("https://out.example/", ())
    outbound.check("https://in.example/", (ip_network("10.0.0.0/8"),))
    with pytest.raises(DeliveryRefusedError):
        outbound.check("https://in.example/", ())
    with pytest.raises(DeliveryRefusedError):
        outbound.check("http://out.example/", ())
