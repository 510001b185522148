"""Where the next page begins: nobody else makes or moves it."""

import pytest

from errors.requests import BadContinuationError
from integrations.continuation import Continuations
from integrations.secret_keys import SecretKeys

PLACES = Continuations(SecretKeys(b"a secret of tests"))
LETTERS = PLACES.made(["jobs", "acme"], ["20261201", "ü|1"])


def test_it_is_read_as_it_was_made() -> None:
    assert PLACES.read(["jobs", "acme"], LETTERS) == ["20261201", "ü|1"]


@pytest.mark.parametrize(
    "of", [["jobs", "other"], ["keys", "acme"], ["jobs"], ["jobs", "acme", ""]]
)
def test_it_is_good_for_no_other_list(of: list[str]) -> None:
    with pytest.raises(BadContinuationError):
        PLACES.read(of, LETTERS)


@pytest.mark.parametrize(
    "letters",
    ["", "a", "ü", "=" * 8, LETTERS[:-1], LETTERS + "AAAA", "A" + LETTERS[1:], LETTERS[:22]],
)
def test_letters_of_others_are_refused(letters: str) -> None:
    with pytest.raises(BadContinuationError):
        PLACES.read(["jobs", "acme"], letters)


def test_those_of_another_secret_are_refused() -> None:
    with pytest.raises(BadContinuationError):
        Continuations(SecretKeys(b"another")).read(["jobs", "acme"], LETTERS)
