"""Addresses as somebody writes them who wants us to ask behind our own walls."""

import socket
from contextlib import suppress
from ipaddress import ip_network

import pytest

from errors.deliveries import DeliveryRefusedError
from harness.rig.receiver import Receiver, receiving
from integrations.outbound_http import OutboundHttp, Request
from option_values import Address

LOOPBACK = (
    "127.0.0.1", "127.0.0.2:8443", "127.255.255.254", "127.1", "127.0.1", "0.0.0.0", "0",
    "2130706433", "017700000001", "0x7f000001", "0x7f.1", "0X7F.0.0.1", "0177.0.0.1", "0177.1",
    "127.0.0.01", "127.0.0.1.", "0x7f.0x0.0x0.0x1", "0000177.0.0.1", "%31%32%37.0.0.1",
    "127%2e0%2e0%2e1", "①②⑦.⓪.⓪.①", "\uff11\uff12\uff17.0.0.1",
    "127。0。0。1", "127\uff0e0\uff0e0\uff0e1", "127｡0｡0｡1", "localhost",
    "localhost.", "LOCALHOST:8443", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "localtest.example",
    "rebound.example", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[::1%25lo]", "[::1%lo]",
)  # fmt: skip
METADATA = (
    "169.254.169.254", "2852039166", "0xa9fea9fe", "025177524776", "0251.0376.0251.0376",
    "0xa9.0xfe.0xa9.0xfe", "169.254.43518", "169.16689662", "169.254.169.254.", "169.254.170.2",
    "168.63.129.16", "168.63.33040", "2822734096", "0xa83f8110", "metadata.example",
    "100.100.100.200", "192.0.0.192", "[fd00:ec2::254]", "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]", "[::ffff:168.63.129.16]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]",
    "[64:ff9b::168.63.129.16]",
)  # fmt: skip
PRIVATE = (
    "10.0.0.1", "10.1", "012.0.0.1", "0xa.0.0.1", "167772161", "172.16.0.1", "172.31.255.254",
    "192.168.1.1", "0xc0a80101", "3232235777", "[::ffff:10.0.0.1]", "[::ffff:a00:1]",
    "[64:ff9b::10.0.0.1]", "[2002:a00:1::]", "[2002:c0a8:101::]", "[fc00::1]", "[fd00::1]",
    "[fe80::1]", "[fe80::1%25eth0]", "[fe80::1%eth0]", "[fec0::1]", "private.example",
    "mixed.example", "scoped.example", "6to4.example", "nat64.example",
)  # fmt: skip
NOBODYS = (
    "100.64.0.1", "100.127.255.254", "192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1",
    "198.19.255.254", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255", "4294967295", "0xffffffff", "[100::1]", "[2001::1]", "[2001:20::1]",
    "[2001:db8::1]", "[3fff::1]", "[5f00::1]", "[ff02::1]", "[ff0e::1]", "broadcast.example",
)  # fmt: skip
USER_INFO = (
    "a.example@127.0.0.1", "a.example:443@127.0.0.1", "a.example%2f@127.0.0.1", "@127.0.0.1",
    "127.0.0.1#@a.example", "127.0.0.1\\@a.example", "127.0.0.1?@a.example",
    "a.example\\.127.0.0.1",
    "127.0.0.1%00.a.example", "127.0.0.1:443:443", "127.0.0.1\t.a.example", "[::1]a.example",
)  # fmt: skip
HOSTS = LOOPBACK + METADATA + PRIVATE + NOBODYS + USER_INFO
# What a name server that works for the other side answers.
NAMES = {
    "localhost": ["127.0.0.1"],
    "localhost.": ["127.0.0.1"],
    "localtest.example": ["127.0.0.1", "::1"],
    "rebound.example": ["8.8.8.8", "127.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "private.example": ["10.0.0.1"],
    "mixed.example": ["2606:4700::1111", "fd00::1"],
    "scoped.example": ["fe80::1%eth0"],
    "6to4.example": ["2002:7f00:1::"],
    "nat64.example": ["64:ff9b::a9fe:a9fe"],
    "broadcast.example": ["255.255.255.255"],
}


def resolved(host: str, port: int) -> list[str]:
    """Numbers as the system reads them, in every form that it knows; no name server is asked."""
    if host in NAMES:
        return NAMES[host]
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return [str(each[4][0]) for each in found]


def send(url: str) -> None:
    OutboundHttp(resolve=resolved).send(Request("POST", url, {}, b"{}"))


def test_there_are_eighty_spellings_and_more() -> None:
    assert len(set(HOSTS)) == len(HOSTS) >= 80


@pytest.mark.parametrize("host", HOSTS)
def test_an_address_behind_our_walls_is_refused_however_it_is_written(
    host: str, connects: list[object]
) -> None:
    url = f"https://{host}/hook"

    with pytest.raises((ValueError, DeliveryRefusedError)):
        send(Address().read(url))

    assert connects == []


@pytest.mark.parametrize("host", HOSTS)
def test_the_way_out_alone_connects_to_none_of_them(host: str, connects: list[object]) -> None:
    with suppress(Exception):  # whatever it says of what is no address
        send(f"https://{host}/hook")

    assert connects == []


def test_no_redirect_leads_to_any_of_them() -> None:
    with receiving() as receiver, receiving(Receiver(host="127.0.0.2")) as inside:
        receiver.location = f"{inside.url}/secret"
        receiver.behave("301", "302", "303", "307", "308")
        networks = (ip_network("127.0.0.1/32"),)

        answers = [
            OutboundHttp().send(Request("POST", receiver.url, {}, b"{}", networks)).status
            for _ in range(5)
        ]

        assert answers == [301, 302, 303, 307, 308]
        assert inside.received == []
