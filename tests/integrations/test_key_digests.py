"""What is kept of a key."""

from integrations.key_digests import KeyDigests
from jobs.managed_key import new_key

PLAIN, KEYED, OTHER = KeyDigests(None), KeyDigests(b"one secret"), KeyDigests(b"another")
KEY = new_key()


def test_nothing_of_the_key_stands_in_it() -> None:
    for each in (PLAIN, KEYED):
        assert KEY[-30:] not in each.of(KEY)


def test_a_key_is_known_by_its_digest_and_no_other_is() -> None:
    for each in (PLAIN, KEYED):
        assert each.is_of(KEY, each.of(KEY))
        assert not each.is_of(new_key(), each.of(KEY))
        assert not each.is_of(KEY, "")


def test_keys_from_before_there_was_a_secret_stay_valid() -> None:
    assert KEYED.is_of(KEY, PLAIN.of(KEY))
    assert not KEYED.is_of_another_secret(PLAIN.of(KEY))


def test_with_another_secret_no_key_is_known_and_that_can_be_told() -> None:
    assert not OTHER.is_of(KEY, KEYED.of(KEY))
    assert OTHER.is_of_another_secret(KEYED.of(KEY))
    assert PLAIN.is_of_another_secret(KEYED.of(KEY))
    assert not KEYED.is_of_another_secret(KEYED.of(KEY))
