"""The search for a video's own CRF, and what happens where it cannot be made."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.samples import media
from harness.samples.wanted import wanted
from notes import Note, NoteCode
from processing.formats import identify
from processing.progress import Reporter
from processing.targets import VIDEO_CODECS
from processing.task import Task
from processing.video.plan import VideoPlan, plan_video
from processing.video.probe import probe_video
from processing.video.quality_metric import Likeness, crf_of_fitted_vmaf
from processing.video.quality_samples import sampling_command
from processing.video.target_quality import Trial, at_target_quality, crf_for

SOFT = "gblur=sigma=4"
GRAINY = "noise=alls=40:allf=t"

likenesses = st.builds(Likeness, st.floats(0, 1), st.floats(0, 60))
trials = st.builds(Trial, likenesses, st.floats(0, 20))
scales = st.sampled_from([codec.scale for codec in VIDEO_CODECS.values()])


def filmed(path: Path, look: str, *, seconds: float = 2.0) -> Path:
    """A clip with the given look, all but lossless."""
    source = f"mandelbrot=size=320x240:rate=24:end_scale=0.2,{look}"
    media.ffmpeg("-f", "lavfi", "-i", source, "-t", seconds, *media.LOSSLESS, path)
    return path


def crf_of(notes: tuple[Note, ...]) -> float:
    """The CRF that a search has chosen."""
    (note,) = [note for note in notes if note.code is NoteCode.QUALITY_MEASURED]
    return float(note.values[0])


def task_and_plan(source: Path, folder: Path, *, left_s: float = 30.0) -> tuple[Task, VideoPlan]:
    """A task to be done in `folder` within `left_s`, and its plan."""
    found, asked = identify(source), wanted(profile="balanced", threads=2, target_quality=True)
    deadline = time.monotonic() + left_s
    size_bytes = source.stat().st_size
    task = Task(source, found, size_bytes, folder, *asked, deadline, Reporter(lambda _: None))
    return task, plan_video(probe_video(source, found, folder, time.monotonic() + 30), *asked)


def test_an_easy_video_gets_a_higher_crf_than_a_hard_one(squeeze, tmp_path):
    easy, hard = filmed(tmp_path / "easy.mp4", SOFT), filmed(tmp_path / "hard.mp4", GRAINY)

    chosen = [
        crf_of(squeeze(source, profile="balanced", target_quality=True).notes)
        for source in (easy, hard)
    ]

    assert chosen[0] > chosen[1]


def test_what_was_searched_for_is_a_whole_video_and_nothing_else_stays(squeeze, tmp_path):
    source = filmed(tmp_path / "in.mp4", GRAINY)

    rendition = squeeze(source, profile="balanced", target_quality=True)

    track = media.video_track(rendition.path)
    assert (track["codec_name"], track["nb_frames"]) == ("h264", "48")
    assert [path.name for path in rendition.path.parent.iterdir()] == [rendition.path.name]


def test_av1_is_searched_on_its_own_scale(squeeze, tmp_path):
    source = filmed(tmp_path / "in.mp4", GRAINY)

    rendition = squeeze(source, profile="balanced", video_output="av1", target_quality=True)

    assert media.video_track(rendition.path)["codec_name"] == "av1"
    scale = VIDEO_CODECS["av1"].scale
    assert scale.best <= crf_of(rendition.notes) <= scale.worst


def test_without_time_the_usual_quality_is_taken(tmp_path):
    source = filmed(tmp_path / "in.mp4", GRAINY)
    task, plan = task_and_plan(source, tmp_path, left_s=0.2)

    chosen = at_target_quality(task, plan, 93.0)

    assert chosen.video.crf == plan.video.crf
    assert chosen.notes[-1].code is NoteCode.QUALITY_NOT_MEASURED
    assert not list(tmp_path.glob("sample*"))


def test_a_black_video_says_nothing_about_quality(tmp_path):
    source = filmed(tmp_path / "in.mp4", "drawbox=thickness=fill:color=black")
    task, plan = task_and_plan(source, tmp_path)

    assert at_target_quality(task, plan, 93.0).video.crf == plan.video.crf


@pytest.mark.parametrize("claimed_s", [None, 2000.0])
def test_a_video_of_unknown_or_lying_length_gets_the_usual_quality(tmp_path, claimed_s):
    source = filmed(tmp_path / "in.mp4", GRAINY)
    task, plan = task_and_plan(source, tmp_path)

    plan = replace(plan, reading=replace(plan.reading, duration_s=claimed_s))

    chosen = at_target_quality(task, plan, 93.0)

    assert chosen.video.crf == plan.video.crf


def test_a_turned_video_is_sampled_upright(tmp_path):
    source = media.turned(filmed(tmp_path / "in.mp4", GRAINY), 90)
    _, plan = task_and_plan(source, tmp_path)

    media.ffmpeg(*sampling_command(plan, source, tmp_path / "out.mkv", 2.0)[1:])

    track = media.video_track(tmp_path / "out.mkv")
    assert (track["width"], track["height"]) == (240, 320)


@given(trials, st.floats(80, 99), scales)
def test_the_chosen_crf_is_within_its_scale(trial, target, scale):
    assert scale.best <= crf_for(trial, target, scale) <= scale.worst


@given(trials, st.floats(80, 99), st.floats(0, 10), scales)
def test_more_quality_is_never_had_at_a_higher_crf(trial, target, more, scale):
    assert crf_for(trial, target + more, scale) <= crf_for(trial, target, scale)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 40), st.floats(0.01, 20))
def test_what_stays_like_its_source_may_be_stored_coarser(one, other, motion, bits):
    worse, better = sorted((one, other))

    assert crf_of_fitted_vmaf(Likeness(worse, motion), bits) <= crf_of_fitted_vmaf(
        Likeness(better, motion), bits
    )


@given(likenesses, st.floats(0.01, 20), st.floats(1, 10))
def test_what_takes_many_bits_is_not_stored_coarser(likeness, bits, times):
    assert crf_of_fitted_vmaf(likeness, bits * times) <= crf_of_fitted_vmaf(likeness, bits)
