"""Finds the CRF at which one video looks as good as wanted, by encoding short pieces of it."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from compression_config import LIMITS
from errors import DiskFullError, EncoderKilledError, EncodingError, TimeLimitError
from processing.child import encoder
from processing.child.encoder import ResultTooLargeError
from processing.task import Task
from processing.video.command import encode_command
from processing.video.plan import VideoPlan
from processing.video.quality_metric import estimated_vmaf, measure
from processing.video.quality_samples import Samples, frames_made, take_samples

LONGEST_SEARCH_S: Final = 20.0
_SHARE_OF_TIME_LEFT: Final = 0.25  # the encoding itself still needs its time
_SHARE_OF_ENCODING: Final = 0.35  # no further round where the search would take longer than that
_MOST_ROUNDS: Final = 3
_CLOSE_VMAF: Final = 0.4  # near enough to stop searching
_TRUSTED_SLOPES: Final = (0.3, 3.0)  # times the usual one; beyond that, two points mislead
_MOST_BYTES: Final = 1 << 30  # of a sample
_SAMPLES: Final = "samples.mkv"
_ENCODED: Final = "sample.mp4"


@dataclass(frozen=True, slots=True)
class Scale:
    """How an encoder's CRF behaves."""

    best: float  # no CRF below this is chosen, and none above the worst
    worst: float
    step: float  # finer ones make no difference
    vmaf_per_crf: float  # by and large, for the first step
    like_crf_23: float  # what looks about like x264's 23
    in_h264_steps: float  # how many steps of x264's one step of it is

    def as_h264(self, crf: float) -> float:
        """The CRF of x264 that means about the same."""
        return 23.0 + (crf - self.like_crf_23) * self.in_h264_steps


SCALES: Final = {
    "h264": Scale(16, 36, 0.5, -1.1, like_crf_23=23, in_h264_steps=1),
    "av1": Scale(20, 55, 1, -0.55, like_crf_23=30, in_h264_steps=0.5),
}


@dataclass(frozen=True, slots=True)
class Point:
    """What one CRF gave."""

    crf: float
    vmaf: float


def at_target_quality(
    task: Task, plan: VideoPlan, target_vmaf: float, *, longest_s: float = LONGEST_SEARCH_S
) -> VideoPlan:
    """The plan at the CRF that comes nearest to `target_vmaf`, with a note that says so.

    The plan itself, where its picture is copied or an earlier attempt was too much. The plan with
    its own CRF, where its pieces cannot be taken or measured, or not within
    `longest_s` or a quarter of the time left. Nothing stays in the work folder.
    """
    if plan.is_picture_copied or plan.is_lean or task.options.lighter:
        return plan
    now = time.monotonic()
    allowed_s = min(longest_s, _SHARE_OF_TIME_LEFT * (task.deadline - now))
    points: list[Point] = []
    try:
        _search(task, plan, target_vmaf, now + allowed_s, points)
    except (DiskFullError, EncoderKilledError, EncodingError, TimeLimitError, ResultTooLargeError):
        pass  # what is known so far will do; if it was more than samples, the encoding will tell
    finally:
        for name in (_SAMPLES, _ENCODED):
            (task.work_dir / name).unlink(missing_ok=True)
    return _settled(plan, points, target_vmaf)


def crf_for(points: Sequence[Point], target_vmaf: float, scale: Scale) -> float:
    """The CRF at which a line through the nearest of `points` meets the target, within the scale.

    Rather too good than too bad by up to a step.
    """
    nearest, *others = sorted(points, key=lambda point: abs(point.vmaf - target_vmaf))
    slope = scale.vmaf_per_crf
    for other in others:
        if other.crf != nearest.crf:
            seen = (other.vmaf - nearest.vmaf) / (other.crf - nearest.crf)
            low, high = (scale.vmaf_per_crf * times for times in _TRUSTED_SLOPES)
            slope = min(max(seen, high), low)
            break
    exact = nearest.crf + (target_vmaf - nearest.vmaf) / slope
    return min(max(math.floor(exact / scale.step) * scale.step, scale.best), scale.worst)


def _search(
    task: Task, plan: VideoPlan, target_vmaf: float, deadline: float, points: list[Point]
) -> None:
    """Add measurements, each nearer to the target, until one is close or time is up."""
    began = time.monotonic()
    samples = take_samples(task, plan, _SAMPLES, deadline)
    if samples is None:
        return
    crf, scale = plan.crf, SCALES[plan.codec]
    for _ in range(_MOST_ROUNDS):
        round_began = time.monotonic()
        encoding_s = _encode(task, plan, samples, crf, deadline)
        likeness = measure(
            task.work_dir / _ENCODED, samples.path, cwd=task.work_dir, deadline=deadline
        )
        points.append(Point(crf, estimated_vmaf(likeness, scale.as_h264(crf))))
        now = time.monotonic()
        would_take_s = now - began + now - round_began
        crf = crf_for(points, target_vmaf, scale)
        if (
            abs(points[-1].vmaf - target_vmaf) <= _CLOSE_VMAF
            or any(point.crf == crf for point in points)
            or would_take_s > _SHARE_OF_ENCODING * encoding_s / samples.share
        ):
            return


def _encode(task: Task, plan: VideoPlan, samples: Samples, crf: float, deadline: float) -> float:
    """Encode the samples as the video will be; how long that took, in seconds."""
    began = time.monotonic()
    trial = replace(
        plan,
        demuxer="matroska",
        decoder=None,
        decoding_threads=0,
        video_index=0,
        audio=None,
        filters="null",
        crf=crf,
    )
    command = encode_command(
        trial,
        samples.path,
        task.work_dir / _ENCODED,
        threads=task.options.threads,
        max_pixels=LIMITS.max_video_pixels,
    )
    bounds = encoder.Bounds(deadline, LIMITS.video_memory_bytes, _MOST_BYTES)
    finished = encoder.run(command, cwd=task.work_dir, bounds=bounds)
    # Compared frame by frame, they would be nothing like each other after one was dropped.
    if finished.status != 0 or frames_made(finished) != samples.frames:
        raise EncodingError
    return time.monotonic() - began


def _settled(plan: VideoPlan, points: Sequence[Point], target_vmaf: float) -> VideoPlan:
    if not points:
        note = "The quality could not be measured in time; the usual one was taken."
        return replace(plan, notes=(*plan.notes, note))
    crf = crf_for(points, target_vmaf, SCALES[plan.codec])
    note = (
        f"The quality was set by measuring short samples: CRF {crf:.3g}"
        f" for an estimated VMAF of {target_vmaf:.3g}."
    )
    return replace(plan, crf=crf, notes=(*plan.notes, note))
