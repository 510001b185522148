"""Fences: each stands in the code, and those with a test of their own are told by it."""

import re
from pathlib import Path

import pytest

from harness.chaos.fences import trial
from harness.chaos.fences.catalogue import FENCES, PROTOCOL, TESTED, known_seeds
from harness.chaos.fences.fence import function_of, taken_out
from harness.chaos.fences.trial import trials

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("name", FENCES)
def test_it_stands_in_the_code(name):
    codes = [function_of(edit.place).__code__ for edit in FENCES[name].edits]

    with taken_out(FENCES[name]):
        without = [function_of(edit.place).__code__ for edit in FENCES[name].edits]

    assert all(code != other for code, other in zip(codes, without, strict=True))
    assert codes == [function_of(edit.place).__code__ for edit in FENCES[name].edits]


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
