"""Runs ffmpeg over a video to learn what no header tells: damage, emptiness, SEI."""

import time
from dataclasses import replace
from typing import Final

from errors import CorruptMediaError, TransientError
from processing.sandbox.watch import Finished
from processing.task import Task
from processing.video.command import decode_command, sei_command
from processing.video.ffmpeg import run_ffmpeg
from processing.video.plan import VideoPlan

_TIME_S: Final = 60.0
_FIRST: Final = "\nframe=1\n"  # in the progress of a command that ends at the first


def is_damaged(task: Task, plan: VideoPlan) -> bool:
    """Whether anything is complained of while all of the source is decoded, and nothing else done.

    Broken frames and sounds are, and times that run backwards. False where time is up before.
    """
    command = decode_command(plan.reading, plan.output, task.source)
    try:
        return bool(_run(task, command).errors)
    except TransientError:
        return False


def refuse_frameless(task: Task, plan: VideoPlan) -> None:
    """Raise CorruptMediaError unless a frame comes out of the source.

    For the AV1 encoder, which waits for ever where it is ended before its first frame.
    """
    silent = replace(plan.output, sound=None)
    command = decode_command(plan.reading, silent, task.source, frames=1)
    if _FIRST not in f"\n{_run(task, command).output}":
        raise CorruptMediaError


def holds_sei(task: Task, plan: VideoPlan) -> bool:
    """Whether there is anything between the frames that copying would leave out."""
    command = sei_command(plan.reading, replace(plan.output, sound=None), task.source)
    return command is not None and _FIRST in f"\n{_run(task, command).output}"


def _run(task: Task, command: list[str]) -> Finished:
    return run_ffmpeg(command, task.work_dir, min(task.deadline, time.monotonic() + _TIME_S))
