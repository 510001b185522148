"""Fences: each stands in the code, and those with a test of their own are told by it."""

import re
from pathlib import Path

import pytest

from tests.chaos.fences import trial
from tests.chaos.fences.catalogue import FENCES, PROTOCOL, TESTED, known_seeds
from tests.chaos.fences.fence import taken_out
from tests.chaos.fences.trial import trials

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("name", FENCES)
def test_it_stands_in_the_code(name):
    codes = [edit.function.__code__ for edit in FENCES[name].edits]

    with taken_out(FENCES[name]):
        without = [edit.function.__code__ for edit in FENCES[name].edits]

    assert all(code != other for code, other in zip(codes, without, strict=True))
    assert codes == [edit.function.__code__ for edit in FENCES[name].edits]


@pytest.mark.parametrize("name", TESTED)
def test_its_test_is_there(name):
    file, _, test = TESTED[name].test.partition("::")

    assert re.search(rf"^def {test}\(", (TESTS / file).read_text(), re.MULTILINE)


def test_a_seed_is_known_for_every_one_that_the_checker_notices():
    assert known_seeds().keys() == PROTOCOL.keys()


def test_its_test_passes_with_it_and_fails_without_it(monkeypatch):
    names = ("an encoder survives its worker", "an encoder has all memory")
    monkeypatch.setattr(trial, "TESTED", {name: TESTED[name] for name in names})

    assert dict(trials(2)) == dict.fromkeys(names, True)
