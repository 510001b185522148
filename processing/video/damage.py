"""Runs ffmpeg over a video to learn what no header tells: damage, emptiness, SEI."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from errors import CorruptMediaError, TransientError
from notes import Note, NoteCode
from processing.sandbox.watch import Finished
from processing.task import Task
from processing.video.command import decode_command, sei_command, sound_command
from processing.video.ffmpeg import run_ffmpeg
from processing.video.ffprobe import decoding_failure
from processing.video.log import FIRST_FRAME, FfmpegLog
from processing.video.output import Output
from processing.video.plan import VideoPlan
from processing.video.reading import Reading
from processing.video.sound import Sound

_TIME_S: Final = 60.0
_TOLERATED_DAMAGE: Final = 0.05  # of the frames, and of the sound
_ALWAYS_TOLERATED: Final = 3  # frames or packets: streams of television begin and end broken


def notes_of_damage(reading: Reading, sound: Sound | None, log: FfmpegLog) -> tuple[Note, ...]:
    """What is said of damage after all of a source was decoded.

    Raises CorruptMediaError where it is more than is borne.
    """
    decoded = log.sum_of(reading.stream).frames
    missing = _missing(reading, sound, log)
    broken = max(log.broken(reading.stream), log.mended_frames)
    broken_sound = sum(map(log.broken, sound.inputs)) if sound else 0
    if (
        _is_much(broken, decoded)
        or _is_much(missing, decoded)
        or (sound is not None and _is_much(broken_sound, log.sum_of(sound.index).packets))
    ):
        raise CorruptMediaError
    found = {
        NoteCode.FRAMES_LEFT_OUT: missing > 0,
        NoteCode.FRAMES_DAMAGED: missing <= 0 and (broken or log.container_complaints) > 0,
        NoteCode.SOUND_DAMAGED: broken_sound > 0,
    }
    return tuple(Note(code) for code, applies in found.items() if applies)


def _missing(reading: Reading, sound: Sound | None, log: FfmpegLog) -> int:
    """Frames that are missing and complained of; without a complaint there never were any."""
    is_counted = reading.frame_count is not None
    of_frames = log.complaints - log.complaints_of_times
    is_complained_of = of_frames if is_counted else log.container_complaints
    is_decoded = reading.stream in log.decoded
    if reading.frames_due is None or not (is_complained_of and is_decoded):
        return 0
    decoded = log.sum_of(reading.stream).frames
    missing = max(0, round(reading.frames_due) - decoded)
    if is_counted:
        return missing
    # A length times a rate is no more than an estimate, which the sound may refute.
    heard_s = log.sum_of(sound.index).samples / sound.source_rate_hz if sound else 0.0
    is_whole = heard_s >= (reading.duration_s or 0.0) * (1 - _TOLERATED_DAMAGE)
    return 0 if is_whole or not _is_much(missing, decoded) else missing


def _is_much(broken: int, whole: int) -> bool:
    return broken > max(_ALWAYS_TOLERATED, _TOLERATED_DAMAGE * (whole + broken))


class Listening:
    """A listener for run_ffmpeg that only keeps the log."""

    def __init__(self) -> None:
        """Nothing was said yet."""
        self.log = FfmpegLog()
        self._before = ""

    def __call__(self, line: str) -> bool:
        """Take one line of progress; True where it has moved."""
        is_time = line.startswith("out_time_us=")
        has_moved = is_time and line != self._before
        self._before = line if is_time else self._before
        return has_moved

    def take_error(self, line: str) -> None:
        """Take one line of stderr."""
        self.log.take(line)


def decode_all(task: Task, reading: Reading, output: Output, path: Path) -> FfmpegLog:
    """What is said while all of a file is decoded, and nothing else done.

    Raises what decoding_failure makes of it where it cannot be, or what program.run raises.
    """
    listening = Listening()
    command = decode_command(reading, output, path, task.allowance.threads)
    finished = run_ffmpeg(command, task.work_dir, task.deadline, listener=listening)
    if finished.status != 0:
        raise decoding_failure(finished)
    return listening.log


def is_damaged(task: Task, plan: VideoPlan) -> bool:
    """Whether anything is complained of while all of the source is decoded.

    Broken frames and sounds are, and times that run backwards. False where time is up before.
    """
    hurried = replace(task, deadline=min(task.deadline, time.monotonic() + _TIME_S))
    try:
        return decode_all(hurried, plan.reading, plan.output, task.source).complaints > 0
    except CorruptMediaError:
        return True
    except TransientError:
        return False


def can_be_heard(task: Task, plan: VideoPlan) -> bool:
    """Whether the sound, if there is any, can be opened and mixed, however broken it may be."""
    if plan.sound is None:
        return True
    return _run(task, sound_command(plan.reading, plan.output, task.source)).status == 0


def refuse_frameless(task: Task, plan: VideoPlan) -> None:
    """Raise CorruptMediaError unless a frame comes out of the source.

    For the AV1 encoder, which waits for ever where it is ended before its first frame.
    """
    silent = replace(plan.output, sound=None)
    command = decode_command(plan.reading, silent, task.source, task.allowance.threads, frames=1)
    if FIRST_FRAME not in f"\n{_run(task, command).output}":
        raise CorruptMediaError


def holds_sei(task: Task, plan: VideoPlan) -> bool:
    """Whether there is anything between the frames that copying would leave out."""
    command = sei_command(plan.reading, replace(plan.output, sound=None), task.source)
    return command is not None and FIRST_FRAME in f"\n{_run(task, command).output}"


def _run(task: Task, command: list[str]) -> Finished:
    return run_ffmpeg(command, task.work_dir, min(task.deadline, time.monotonic() + _TIME_S))
