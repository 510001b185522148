"""Finds the CRF at which one video looks as good as wanted, by encoding short pieces of it."""

import math
import time
from dataclasses import replace
from typing import Final, NamedTuple

from errors import DiskFullError, EncoderKilledError, EncodingError, TimeLimitError
from notes import Note, NoteCode
from processing.formats import FORMATS
from processing.sandbox.watch import ResultTooLargeError
from processing.targets import VIDEO_CODECS, CrfScale
from processing.task import Task
from processing.video.command import encode_command
from processing.video.ffmpeg import run_ffmpeg
from processing.video.plan import VideoPlan
from processing.video.quality_metric import (
    FITTED_VMAF,
    TRIAL_CRF,
    Likeness,
    crf_of_fitted_vmaf,
    measure,
)
from processing.video.quality_samples import (
    MOST_SAMPLE_BYTES,
    Samples,
    frames_made,
    take_samples,
)

LONGEST_SEARCH_S: Final = 20.0
_SHARE_OF_TIME_LEFT: Final = 0.25  # the encoding itself still needs its time
_CAUTION_CRF: Final = 2.0  # the estimate is that much too high at most (`bench fit`)
_SAMPLES: Final = "samples.mkv"
_ENCODED: Final = "sample.mp4"


class Trial(NamedTuple):
    """What became of the samples at TRIAL_CRF."""

    likeness: Likeness
    pixel_bits_per_s: float  # of each pixel of a frame


def at_target_quality(
    task: Task, plan: VideoPlan, target_vmaf: float, *, longest_s: float = LONGEST_SEARCH_S
) -> VideoPlan:
    """The plan at the CRF that comes nearest to `target_vmaf`, with a note that says so.

    The plan itself, where the source's stream is kept or an earlier attempt was too much. The plan
    with its own CRF, where its pieces cannot be taken or measured, or not within `longest_s` or a
    quarter of the time left. Nothing stays in the work folder.
    """
    if plan.kept or plan.copies.is_lean or task.allowance.lighter_steps:
        return plan
    now = time.monotonic()
    allowed_s = min(longest_s, _SHARE_OF_TIME_LEFT * (task.deadline - now))
    trial = None
    try:
        trial = tried(task, plan, now + allowed_s)
    except (DiskFullError, EncoderKilledError, EncodingError, TimeLimitError, ResultTooLargeError):
        pass  # If it was more than samples, the encoding will tell.
    finally:
        for name in (_SAMPLES, _ENCODED):
            (task.work_dir / name).unlink(missing_ok=True)
    return _settled(plan, trial, target_vmaf)


def tried(task: Task, plan: VideoPlan, deadline: float) -> Trial | None:
    """Encode samples at TRIAL_CRF and compare them; None where they say nothing.

    One round: a second brings less than the estimate is off, and costs as much as the first.
    Leaves files in the work folder. Raises EncodingError, or what program.run raises.
    """
    samples = take_samples(task, plan, _SAMPLES, deadline)
    if samples is None:
        return None
    _encode(task, plan, samples, VIDEO_CODECS[plan.video.codec].scale.of_h264(TRIAL_CRF), deadline)
    encoded = task.work_dir / _ENCODED
    likeness = measure(encoded, samples.path, cwd=task.work_dir, deadline=deadline)
    bits = encoded.stat().st_size * 8
    return Trial(likeness, bits / (plan.video.width * plan.video.height * samples.seconds))


def crf_for(trial: Trial, target_vmaf: float, scale: CrfScale) -> float:
    """The CRF, within the scale, at which the video comes near the target; rather too good."""
    density = trial.pixel_bits_per_s / scale.bytes_over_h264
    fitted = scale.of_h264(crf_of_fitted_vmaf(trial.likeness, density) - _CAUTION_CRF)
    exact = fitted + (target_vmaf - FITTED_VMAF) / scale.vmaf_per_crf
    return min(max(math.floor(exact / scale.step) * scale.step, scale.best), scale.worst)


def _encode(task: Task, plan: VideoPlan, samples: Samples, crf: float, deadline: float) -> None:
    """Encode the samples as the video will be."""
    reading = replace(
        plan.reading,
        format=FORMATS["mkv"],
        stream=0,
        decoder=None,
        decoding_threads=0,
        filters="",
    )
    video = replace(plan.video, crf=crf, filters="null")
    output = replace(plan.output, video=video, sound=None)
    encoded = task.work_dir / _ENCODED
    command = encode_command(reading, output, samples.path, encoded, task.allowance.threads)
    finished = run_ffmpeg(command, task.work_dir, deadline, file_bytes=MOST_SAMPLE_BYTES)
    # Compared frame by frame, they would be nothing like each other after one was dropped.
    if finished.status != 0 or frames_made(finished) != samples.frames:
        raise EncodingError


def _settled(plan: VideoPlan, trial: Trial | None, target_vmaf: float) -> VideoPlan:
    if trial is None:
        return replace(plan, notes=(*plan.notes, Note(NoteCode.QUALITY_NOT_MEASURED)))
    crf = crf_for(trial, target_vmaf, VIDEO_CODECS[plan.video.codec].scale)
    note = Note(NoteCode.QUALITY_MEASURED, (f"{crf:.3g}", f"{target_vmaf:.3g}"))
    return replace(plan, video=replace(plan.video, crf=crf), notes=(*plan.notes, note))
