"""Fences that have a test of their own: it fails without them, and who names them knows."""

import pytest

from tests.chaos.fences import trial
from tests.chaos.fences.fence import ROOT, Fence
from tests.chaos.fences.trial import FENCES, outcome, trials


@pytest.mark.parametrize("name", FENCES)
def test_it_stands_in_the_code(name):
    fence = FENCES[name]

    assert (ROOT / fence.file).read_text().count(fence.text) == 1
    assert fence.text != fence.instead


def test_its_test_passes_with_it_and_fails_without_it():
    fence = FENCES["a clock that is behind is believed"]

    assert outcome([fence.test], without=None) == pytest.ExitCode.OK
    assert outcome([fence.test], without=fence) == pytest.ExitCode.TESTS_FAILED


def test_one_that_is_gone_from_the_code_is_not_tried():
    gone = Fence("jobs/alarm.py", "what nobody ever wrote there", "jobs/test_retry.py")

    assert outcome([gone.test], without=gone) is None


@pytest.mark.parametrize(
    ("with_all", "without_it", "is_caught"),
    [
        (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, True),
        (pytest.ExitCode.OK, pytest.ExitCode.OK, False),  # the test tells nothing
        (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED, False),
        (pytest.ExitCode.OK, None, False),  # there is no fence
        (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.TESTS_FAILED, False),  # it fails anyway
    ],
)
def test_it_counts_only_if_its_test_tells(monkeypatch, with_all, without_it, is_caught):
    monkeypatch.setattr(trial, "outcome", lambda _, without: without_it if without else with_all)

    assert set(dict(trials(2)).values()) == {is_caught}
