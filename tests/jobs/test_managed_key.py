"""Keys that the service makes: their form, their end, and where they may be used."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.caller import Scope
from jobs.managed_key import (
    ALPHABET,
    KEY_LETTERS,
    ManagedKey,
    id_of_key,
    network_of_address,
    new_key,
    readable_network,
)

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = ManagedKey("abc", "d1", "tail", "acme", "shop", frozenset({Scope.READ}), NOW, "")


def test_a_key_says_what_it_is_and_tells_its_id() -> None:
    key = new_key()

    assert key.startswith("mc_live_")
    assert len(key) == KEY_LETTERS == 57
    assert id_of_key(key) == key[8:20]


def test_no_two_keys_are_alike() -> None:
    assert len({new_key() for _ in range(1000)}) == 1000


def test_another_secret_keeps_the_id() -> None:
    key = new_key()
    other = new_key(id_of_key(key))

    assert id_of_key(other) == id_of_key(key)
    assert other != key


@given(st.integers(0, KEY_LETTERS - 1), st.sampled_from(ALPHABET + "_-. "))
def test_a_key_with_one_wrong_letter_is_none(place: int, letter: str) -> None:
    key = new_key("0123456789ab")
    wrong = key[:place] + letter + key[place + 1 :]

    assert (id_of_key(wrong) is None) == (wrong != key)


@pytest.mark.parametrize("text", ["", "mc_live_", "x" * 57, "ü" * 57, "mc_live_" + "a" * 49])
def test_what_is_no_key_has_no_id(text: str) -> None:
    assert id_of_key(text) is None


def test_a_key_that_was_cut_or_made_longer_is_none() -> None:
    key = new_key()

    assert id_of_key(key[:-1]) is None
    assert id_of_key(key + "a") is None
    assert id_of_key(key + "\n") is None


def test_a_key_ends_at_its_time() -> None:
    key = replace(KEY, expires_at=NOW)

    assert key.is_valid(NOW - timedelta(microseconds=1))
    assert not key.is_valid(NOW)


def test_a_revoked_key_stays_as_it_is_when_it_is_revoked_again() -> None:
    revoked = KEY.revoked("me", NOW)

    assert not revoked.is_valid(NOW)
    assert revoked.revoked("you", NOW + HOUR) == revoked


def test_both_secrets_are_valid_until_the_overlap_ends() -> None:
    rotated = KEY.rotated("d2", "liat", NOW, HOUR)

    assert set(rotated.digests(NOW)) == {"d1", "d2"}
    assert set(rotated.digests(NOW + HOUR)) == {"d2"}


@pytest.mark.parametrize(
    ("networks", "address", "may"),
    [
        ((), "203.0.113.7", True),
        ((), "nonsense", True),
        (("203.0.113.0/24",), "203.0.113.7", True),
        (("203.0.113.0/24",), "203.0.114.7", False),
        (("203.0.113.0/24",), "::ffff:203.0.113.7", True),
        (("2001:db8::/32",), "2001:db8::1", True),
        (("2001:db8::/32",), "203.0.113.7", False),
        (("198.51.100.1/32", "2001:db8::/32"), "198.51.100.1", True),
        (("203.0.113.0/24",), "nonsense", False),
        (("203.0.113.0/24",), "", False),
    ],
)
def test_where_a_key_may_be_used(networks: tuple[str, ...], address: str, may: bool) -> None:
    assert replace(KEY, networks=networks).may_come_from(address) is may


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("203.0.113.7/24", "203.0.113.0/24"),
        (" 203.0.113.7 ", "203.0.113.7/32"),
        ("2001:db8::1", "2001:db8::1/128"),
        ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
    ],
)
def test_networks_are_kept_in_one_form(text: str, network: str) -> None:
    assert readable_network(text) == network


@pytest.mark.parametrize("text", ["", "all", "203.0.113.0/33", "10.0.0", "a.example"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        readable_network(text)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("", ""),
    ],
)
def test_no_whole_address_is_kept(address: str, network: str) -> None:
    assert network_of_address(address) == network
