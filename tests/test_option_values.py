"""Addresses that may be given: what programs read in different ways is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from option_values import Address

ADDRESSES = (
    "https://a.example",
    "https://a.example/",
    "https://A.Example/Path?query=1&other=%20#".rstrip("#"),
    "https://a.example:443/",
    "https://a.example:8443/",
    "https://xn--bcher-kva.example/",
    "https://a_b.example/",
    "https://intranet/",
    "https://8.8.8.8/",
    "https://[2001:4860:4860::8888]/",
    "https://[2001:4860:4860::8888]:8443/",
    f"https://a.example/{'x' * 2030}",
)
# Also what leads behind our walls only for some programs; what does so for all is refused when it
# is given or used (tests/integrations/test_outbound_http.py).
NO_ADDRESSES = (
    "",
    "a.example",
    "//a.example/",
    "https:",
    "https://",
    "https:///path",
    "https:a.example",
    "https:/a.example/",
    "ftp://a.example/",
    "file:///etc/passwd",
    "gopher://a.example/",
    "javascript://a.example/%0aalert(1)",
    "data:text/plain,x",
    "https://user@a.example/",
    "https://user:word@a.example/",
    "https://a.example@127.0.0.1/",
    "https://127.0.0.1#@a.example/",
    "https://127.0.0.1\\@a.example/",
    "https://a.example\\.evil.example/",
    "https://a.example/#fragment",
    "https://a.example/path#",
    "https://a.example/a b",
    "https://a.example/\tb",
    "https://a.example/\nHost: b",
    "https://a.example/\r\nX: y",
    "https://a.example/\x00",
    "https://a.example/ü",
    "https://bücher.example/",
    "https://①②⑦.⓪.⓪.①/",
    "https://\uff11\uff12\uff17.0.0.1/",
    "https://a。example/",
    "https://a.example:/",
    "https://a.example:0/",
    "https://a.example:22/",
    "https://a.example:25/",
    "https://a.example:80/",
    "https://a.example:1023/",
    "https://a.example:65536/",
    "https://a.example:99999999/",
    "https://a.example:+443/",
    "https://a.example:-1/",
    "https://a.example:443:443/",
    "https://a.example:4_4_3/",
    "https://a.example:https/",
    "https://2130706433/",
    "https://017700000001/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0X7F.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://127.0.0.1.5/",
    "https://127.0.0.01/",
    "https://127.0.0.256/",
    "https://127.0.0.1./",
    "https://127.0.0.0x1/",
    "https://a.example.127/",
    "https://.example/",
    "https://a..example/",
    "https://a.example./",
    "https://-a.example/",
    "https://%31%32%37.0.0.1/",
    "https://a.example%00.evil.example/",
    "https://a.example%2f@127.0.0.1/",
    "https://[::1/",
    "https://::1]/",
    "https://::1/",
    "https://[127.0.0.1]/",
    "https://[a.example]/",
    "https://[fe80::1%25eth0]/",
    "https://[fe80::1%eth0]/",
    "https://[::ffff:7f00:1]evil.example/",
    "https://[::1]443/",
    "https://[::1]:/",
    "https://[0:0:0:0:0:0:0:0:1]/",
    "https://a|b.example/",
    "https://<a>.example/",
    'https://a.example/"x"',
    "https://a.example/{x}",
    "https://a.example/^x`",
    f"https://{'a' * 64}.example/",
    f"https://{'a.' * 130}example/",
    f"https://a.example/{'x' * 2048}",
)


@pytest.mark.parametrize("url", ADDRESSES)
def test_an_address_is_taken_as_it_is(url: str) -> None:
    assert Address().read(url) == url


@pytest.mark.parametrize("url", NO_ADDRESSES)
def test_what_is_no_plain_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        Address().checked(url)


@pytest.mark.parametrize("value", [None, 5, True, ["https://a.example/"], b"https://a.example/"])
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        Address().checked(value)


def test_an_address_without_tls_is_taken_only_where_that_is_allowed() -> None:
    with pytest.raises(ValueError):
        Address().checked("http://127.0.0.1:9999/")

    assert Address(schemes=("https", "http")).checked("http://127.0.0.1:9999/")


@given(st.text())
def test_whatever_is_given_it_is_taken_as_it_is_or_refused(text: str) -> None:
    url = f"https://a.example{text}"
    try:
        assert Address().checked(url) == url
    except ValueError:
        return
    assert url.isascii()
    assert not set(text) & set(" \t\r\n#\\")
