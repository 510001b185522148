"""Progress says how fast it goes and how long it will take, as soon as that can be known."""

import time

import pytest

from harness.samples import media
from processing.progress import Reporter
from processing.sandbox.watch import ResultTooLargeError
from processing.video.progress import FfmpegProgress


def block(progress, *, at_s, size=1000, speed="2.0x"):
    for line in (
        f"frame={int(at_s * 25)}",
        f"total_size={size}",
        f"out_time_us={int(at_s * 1e6)}",
        f"speed={speed}",
        "progress=continue",
    ):
        progress(line)


def test_an_encoding_that_takes_a_while_tells_its_speed_and_its_end(squeeze, progress, tmp_path):
    source = media.clip(tmp_path / "in.mp4", size="640x480", rate=30, seconds=4)

    squeeze(source)

    told = [one for one in progress if one.stage == "encoding" and one.speed is not None]
    assert told
    assert all(one.speed > 0 for one in told)
    assert all(one.eta_s is None or 0 <= one.eta_s < 600 for one in progress)


def test_no_end_is_told_before_the_speed_is_known(monkeypatch):
    told = []
    progress = FfmpegProgress(Reporter(told.append), 100.0)
    progress.begin(10_000)
    block(progress, at_s=10.0)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 10)
    block(progress, at_s=20.0)

    first, second = told[-2:]
    assert first.eta_s is None
    assert 30 < second.eta_s < 50
    assert second.speed == 2.0


def test_a_result_is_given_up_as_soon_as_it_is_too_large_and_not_before():
    progress = FfmpegProgress(Reporter(lambda _: None), 100.0)
    progress.begin(10_000)
    block(progress, at_s=51.0, size=9999)

    with pytest.raises(ResultTooLargeError):
        block(progress, at_s=80.0, size=10_001)

    assert progress.length_s == 100.0
    assert 12_000 < progress.projected_bytes < 13_000


def test_a_second_attempt_never_moves_the_percentage_back():
    told = []
    progress = FfmpegProgress(Reporter(told.append), 100.0)
    for _ in range(2):
        progress.begin(10_000)
        block(progress, at_s=30.0)
        block(progress, at_s=45.0)

    percents = [one.percent for one in told]
    assert percents == sorted(percents)


def test_a_copy_leaves_the_percentage_to_the_encoding_that_may_follow():
    told = []
    progress = FfmpegProgress(Reporter(told.append), 100.0)
    progress.begin(10_000, is_copy=True)
    block(progress, at_s=100.0)
    progress.begin(10_000)
    block(progress, at_s=50.0)

    assert told[-2].percent <= 5
    assert 40 < told[-1].percent < 60
