"""The protocol in virtual time: a seed is always the same run, and every promise is kept."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.chaos.fences.catalogue import PROTOCOL
from harness.chaos.history.checker import check
from harness.chaos.history.timeline import timeline
from harness.chaos.simulation.campaign import is_noticed
from harness.chaos.simulation.run import simulate

ROOT = Path(__file__).parents[2]
SHOW = [sys.executable, "-m", "harness.chaos.simulation", "--replay"]
# The long run of `scripts/chaos` plays 100,000.
SCHEDULES = 240
PORTION = 60


@pytest.mark.parametrize("first_seed", range(0, SCHEDULES, PORTION))
def test_every_promise_is_kept_whatever_goes_wrong(first_seed):
    broken = {seed: check(simulate(seed)) for seed in range(first_seed, first_seed + PORTION)}

    told = {seed: violations for seed, violations in broken.items() if violations}
    assert told == {}, "python -m harness.chaos.simulation --replay <seed> shows the run"


def test_the_same_seed_is_the_same_run():
    first = [list(timeline(simulate(seed, in_words=True))) for seed in range(20)]

    again = [list(timeline(simulate(seed, in_words=True))) for seed in reversed(range(20))]

    assert again[::-1] == first
    assert len({tuple(lines) for lines in first}) == 20


def test_the_same_seed_is_the_same_run_in_another_python():
    """Sets of names have another order there."""
    several_endpoints = "5594"

    one, other = (
        subprocess.run(
            [*SHOW, several_endpoints],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": hashes},
            capture_output=True,
            check=True,
        )
        for hashes in ("1", "2")
    )

    assert one.stdout == other.stdout


def test_what_the_app_logs_does_not_change_the_run():
    aloud, quietly = simulate(3, in_words=True), simulate(3)

    told = [event for event in aloud.events if event.what != "log"]
    assert told == [event for event in quietly.events if event.what != "log"]


@pytest.mark.parametrize("fence", PROTOCOL)
def test_the_checker_notices_when(fence):
    assert is_noticed(fence)
