"""Finds the CRF at which one video looks as good as wanted, by encoding short pieces of it."""

import math
import time
from dataclasses import dataclass, replace
from typing import Final

from compression_config import LIMITS
from errors import DiskFullError, EncoderKilledError, EncodingError, TimeLimitError
from processing.child import encoder
from processing.child.encoder import ResultTooLargeError
from processing.task import Task
from processing.video.command import encode_command
from processing.video.plan import VideoPlan
from processing.video.quality_metric import (
    FITTED_VMAF,
    TRIAL_CRF,
    Likeness,
    crf_of_fitted_vmaf,
    measure,
)
from processing.video.quality_samples import Samples, frames_made, take_samples

LONGEST_SEARCH_S: Final = 20.0
_SHARE_OF_TIME_LEFT: Final = 0.25  # the encoding itself still needs its time
_CAUTION_CRF: Final = 2.0  # the estimate is that much too high at most (`bench fit`)
_MOST_BYTES: Final = 1 << 30  # of a sample
_SAMPLES: Final = "samples.mkv"
_ENCODED: Final = "sample.mp4"


@dataclass(frozen=True, slots=True)
class Scale:
    """How an encoder's CRF behaves."""

    best: float  # no CRF below this is chosen, and none above the worst
    worst: float
    step: float  # finer ones make no difference
    vmaf_per_crf: float  # by and large
    like_crf_23: float  # what looks about like x264's 23
    in_h264_steps: float  # how many steps of x264's one step of it is
    bytes_over_h264: float  # at about the same look

    def of_h264(self, crf: float) -> float:
        """What means about the same as a CRF of x264."""
        return self.like_crf_23 + (crf - 23.0) / self.in_h264_steps


SCALES: Final = {
    "h264": Scale(16, 36, 0.5, -1.1, like_crf_23=23, in_h264_steps=1, bytes_over_h264=1),
    "av1": Scale(20, 55, 1, -0.55, like_crf_23=30, in_h264_steps=0.5, bytes_over_h264=0.65),
}


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of the samples at TRIAL_CRF."""

    likeness: Likeness
    pixel_bits_per_s: float  # of each pixel of the picture


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
    trial = None
    try:
        trial = tried(task, plan, now + allowed_s)
    except (DiskFullError, EncoderKilledError, EncodingError, TimeLimitError, ResultTooLargeError):
        pass  # if it was more than samples, the encoding will tell
    finally:
        for name in (_SAMPLES, _ENCODED):
            (task.work_dir / name).unlink(missing_ok=True)
    return _settled(plan, trial, target_vmaf)


def tried(task: Task, plan: VideoPlan, deadline: float) -> Trial | None:
    """Encode samples at TRIAL_CRF and compare them; None where they say nothing.

    One round: a second brings less than the estimate is off, and costs as much as the first.
    Leaves files in the work folder. Raises EncodingError, or what encoder.run raises.
    """
    samples = take_samples(task, plan, _SAMPLES, deadline)
    if samples is None:
        return None
    _encode(task, plan, samples, SCALES[plan.codec].of_h264(TRIAL_CRF), deadline)
    encoded = task.work_dir / _ENCODED
    likeness = measure(encoded, samples.path, cwd=task.work_dir, deadline=deadline)
    bits = encoded.stat().st_size * 8
    return Trial(likeness, bits / (plan.width * plan.height * samples.seconds))


def crf_for(trial: Trial, target_vmaf: float, scale: Scale) -> float:
    """The CRF, within the scale, at which the video comes near the target; rather too good."""
    density = trial.pixel_bits_per_s / scale.bytes_over_h264
    fitted = scale.of_h264(crf_of_fitted_vmaf(trial.likeness, density) - _CAUTION_CRF)
    exact = fitted + (target_vmaf - FITTED_VMAF) / scale.vmaf_per_crf
    return min(max(math.floor(exact / scale.step) * scale.step, scale.best), scale.worst)


def _encode(task: Task, plan: VideoPlan, samples: Samples, crf: float, deadline: float) -> None:
    """Encode the samples as the video will be."""
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


def _settled(plan: VideoPlan, trial: Trial | None, target_vmaf: float) -> VideoPlan:
    if trial is None:
        note = "The quality could not be measured in time; the usual one was taken."
        return replace(plan, notes=(*plan.notes, note))
    crf = crf_for(trial, target_vmaf, SCALES[plan.codec])
    note = (
        f"The quality was set by measuring short samples: CRF {crf:.3g}"
        f" for an estimated VMAF of {target_vmaf:.3g}."
    )
    return replace(plan, crf=crf, notes=(*plan.notes, note))
