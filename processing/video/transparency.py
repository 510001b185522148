"""Looks whether a video that has a plane for transparency is transparent anywhere."""

import time
from dataclasses import replace
from typing import Final

from errors import TransientError
from processing.task import Task
from processing.video.command import alpha_command
from processing.video.ffmpeg import run_ffmpeg
from processing.video.log import FIRST_FRAME
from processing.video.output import Output
from processing.video.probe import VideoInfo
from processing.video.reading import Reading

_TIME_S: Final = 60.0
_SEE_THROUGH: Final = "lavfi.signalstats.YMIN:value=250:function=less"
_VISIBLE: Final = "lavfi.signalstats.YMAX:value=5:function=greater"


def without_unused_alpha(
    task: Task, info: VideoInfo, reading: Reading, output: Output
) -> VideoInfo:
    """The facts without transparency, where all frames are opaque, or nothing could be seen.

    Old recorders leave the fourth byte of a pixel at zero, because nothing uses it. Decodes no
    more than the first frame of most that are transparent.
    """
    if not info.video.has_alpha:
        return info
    silent = replace(output, sound=None)
    try:
        is_used = all(_holds(task, reading, silent, what) for what in (_VISIBLE, _SEE_THROUGH))
    except TransientError:
        return info
    return info if is_used else replace(info, video=replace(info.video, has_alpha=False))


def _holds(task: Task, reading: Reading, output: Output, what: str) -> bool:
    """Whether any frame's transparency is so."""
    command = alpha_command(reading, output, task.source, what)
    until = min(task.deadline, time.monotonic() + _TIME_S)
    finished = run_ffmpeg(command, task.work_dir, until)
    return finished.status != 0 or FIRST_FRAME in f"\n{finished.output}"
