"""Fences that have a test of their own: it fails without them, and who names them knows."""

import pytest

from tests.chaos import fences
from tests.chaos.fences import FENCES, TESTED, catches
from tests.chaos.simulation.mutations.edits import edited


@pytest.mark.parametrize("name", FENCES)
def test_a_fence_stands_in_the_code(name):
    fence = FENCES[name]

    with edited(fence.place, fence.function, fence.text, fence.instead):
        pass


def test_a_test_fails_without_its_fence():
    assert fences._status("a_clock_that_is_behind_is_believed") == TESTED + 1


@pytest.mark.parametrize(
    ("with_all", "without", "is_caught"),
    [
        (TESTED, TESTED + 1, True),
        (TESTED, TESTED, False),  # the test tells nothing
        (TESTED, 1, False),  # the fence is gone: nothing was tested
        (TESTED + 1, TESTED + 1, False),  # the test fails anyway
    ],
)
def test_a_fence_counts_only_if_its_test_tells(monkeypatch, with_all, without, is_caught):
    monkeypatch.setattr(fences, "_status", lambda *name: without if name else with_all)

    assert set(dict(catches(2)).values()) == {is_caught}
