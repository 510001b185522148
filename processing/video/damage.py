"""Runs ffmpeg over a video to learn what no header tells: damage, emptiness, asides."""

import time
from dataclasses import replace
from typing import Final

from compression_config import LIMITS
from errors import CorruptMediaError, TransientError
from processing.child import encoder
from processing.task import Task
from processing.video.command import asides_command, decode_command
from processing.video.plan import VideoPlan

_TIME_S: Final = 60.0
_FIRST: Final = "\nframe=1\n"  # in the progress of a command that ends at the first


def is_damaged(task: Task, plan: VideoPlan) -> bool:
    """Whether anything is complained of while all of the source is decoded, and nothing else done.

    Broken pictures and sounds are, and times that run backwards. False where time is up before.
    """
    try:
        return bool(_decoded(task, plan, pictures=0).errors)
    except TransientError:
        return False


def refuse_pictureless(task: Task, plan: VideoPlan) -> None:
    """Raise CorruptMediaError unless a picture comes out of the source.

    For the AV1 encoder, which waits for ever where it is ended before its first picture.
    """
    silent = replace(plan, audio=None)
    if _FIRST not in f"\n{_decoded(task, silent, pictures=1).output}":
        raise CorruptMediaError


def holds_asides(task: Task, plan: VideoPlan) -> bool:
    """Whether there is anything between the pictures that copying would leave out."""
    command = asides_command(plan, task.source)
    return command is not None and _FIRST in f"\n{_run(task, command).output}"


def _decoded(task: Task, plan: VideoPlan, pictures: int) -> encoder.Finished:
    command = decode_command(
        plan, task.source, max_pixels=LIMITS.max_video_pixels, pictures=pictures
    )
    return _run(task, command)


def _run(task: Task, command: list[str]) -> encoder.Finished:
    bounds = encoder.Bounds(
        deadline=min(task.deadline, time.monotonic() + _TIME_S),
        memory_bytes=LIMITS.video_memory_bytes,
        file_bytes=0,
    )
    return encoder.run(command, cwd=task.work_dir, bounds=bounds)
