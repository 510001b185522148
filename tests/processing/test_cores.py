"""Encoders that work side by side share the cores."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from processing import cores
from processing.cores import encoding, threads_for_encoder, usable_cores

ROOT = Path(__file__).parents[2]


def on_cores(count, tmp_path, monkeypatch):
    """Let this process have `count` cores by its container's quota, and all by its affinity."""
    quota = tmp_path / "cpu.max"
    quota.write_text(f"{count}00000 100000\n")
    monkeypatch.setattr(cores, "_QUOTA", quota)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(64))


def test_the_affinity_is_respected():
    code = "import os; os.sched_setaffinity(0, {0}); from processing import cores; "
    answer = subprocess.run(
        [sys.executable, "-c", code + "print(cores.usable_cores())"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert answer.stdout == "1\n"


@pytest.mark.parametrize(
    ("quota", "expected"),
    [("max 100000", 64), ("150000 100000", 1), ("50000 100000", 1), ("400000 100000", 4)],
)
def test_the_quota_of_the_container_is_respected(tmp_path, monkeypatch, quota, expected):
    on_cores(1, tmp_path, monkeypatch)
    cores._QUOTA.write_text(quota)

    assert usable_cores() == expected


def test_a_machine_without_quotas_gives_all_its_cores(tmp_path, monkeypatch):
    monkeypatch.setattr(cores, "_QUOTA", tmp_path / "none")

    assert usable_cores() == len(os.sched_getaffinity(0))


def test_encoders_at_work_share_the_cores_fairly(tmp_path, monkeypatch):
    on_cores(8, tmp_path, monkeypatch)

    with encoding():
        alone = threads_for_encoder(0)
        with encoding():
            by_two = threads_for_encoder(0)
            with encoding(), encoding(), encoding():
                by_five = threads_for_encoder(0)

    assert (alone, by_two, by_five) == (8, 4, 2)
    assert threads_for_encoder(0) == 8


def test_who_asks_for_a_number_gets_it(tmp_path, monkeypatch):
    on_cores(8, tmp_path, monkeypatch)

    assert threads_for_encoder(3) == 3
