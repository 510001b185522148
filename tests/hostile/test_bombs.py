"""What is built to harm is answered with its code, in time and memory, touching nothing else."""

import shutil

import pytest

from harness.hostile import judging
from harness.hostile.tracing import trace_faults, traced

# Under a hundred other tests a second is worth less: what counts is work, and that there is an end.
MAX_CPU_S = 5.0
BUSY_WALL_S = 25.0
TRACED = (
    "hls-playlist-to-a-file",
    "mov-whose-samples-are-in-another-file",
    "avi-with-a-playlist-as-subtitles",
    "jpeg-with-an-archive-behind-it",
    "heic-grid-that-is-honest",
)


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with judging.stage(tmp_path_factory.mktemp("bombs")) as made:
        yield made


@pytest.mark.parametrize("name", judging.BOMBS)
def test_a_bomb_harms_nobody(stage, name):
    bomb = judging.BOMBS[name]
    source = judging.planted(bomb, stage)

    trial = judging.answered(bomb, source, stage)

    assert judging.faults(bomb, source, trial, stage) == [], trial.detail
    assert trial.cpu_s <= MAX_CPU_S
    assert trial.wall_s <= BUSY_WALL_S


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("name", TRACED)
def test_nothing_is_opened_or_called_that_is_not_ours(stage, tmp_path, name):
    with judging.stage(tmp_path / "jobs") as own_stage:
        source = judging.planted(judging.BOMBS[name], own_stage)

        log = traced(judging.BOMBS[name], source, own_stage, tmp_path / "log")

    assert trace_faults(log, source) == []


def test_the_list_is_long_enough():
    assert len(judging.BOMBS) >= 30
