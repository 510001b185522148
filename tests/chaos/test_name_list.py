"""The names that the campaign tries: many, different, the same for a seed, and of every kind."""

import unicodedata

import pytest

from harness.chaos.campaigns.name_list import (
    LONGEST,
    NAUGHTY,
    is_addressable,
    listable_names,
    unlistable_names,
)

NAMES = listable_names(2000, seed=1)


def test_a_seed_gives_the_same_names_and_another_one_others():
    assert listable_names(2000, seed=1) == NAMES
    assert listable_names(2000, seed=2) != NAMES
    assert len(set(NAMES)) == 2000


def test_what_somebody_thought_of_comes_first():
    assert set(NAMES) >= {name for name in NAUGHTY if "\\" not in name}


@pytest.mark.parametrize(
    ("kind", "is_of"),
    {
        "longest": lambda name: len(name) == LONGEST,
        "too long": lambda name: len(name) == LONGEST + 1,
        "dots": lambda name: ".." in name.split("/"),
        "backslash": lambda name: "\\" in name,
        "percent": lambda name: "%2F" in name,
        "emoji": lambda name: "🎉" in name,
        "control": lambda name: "\x7f" in name or "\x9f" in name,
        "space at the end": lambda name: name.endswith(" "),
        "like a hashed key": lambda name: name.startswith("==") and len(name) == 66,
        "lone surrogate": lambda name: any("\ud800" <= each <= "\udfff" for each in name),
    }.items(),
)
def test_every_kind_is_among_them(kind, is_of):
    assert any(map(is_of, NAMES)), kind


def test_twins_are_among_them():
    folded = [unicodedata.normalize("NFC", name) for name in NAMES]
    cases = [name.casefold() for name in NAMES]

    assert len(set(folded)) < len(NAMES) - 50
    assert len(set(cases)) < len(NAMES) - 50


def test_only_names_that_no_client_can_ask_for_may_be_refused():
    refusable = [name for name in NAMES if not is_addressable(name)]

    assert 10 < len(refusable) < len(NAMES) / 4
    assert all(map(is_addressable, ("a b", "a\\b", "..a", "a..", "%2e%2e", "x" * LONGEST)))


def test_what_xml_cannot_hold_is_apart():
    names = unlistable_names(60, seed=1)

    assert len(set(names)) == 60
    assert not set(names) & set(NAMES)
