"""Has one video compressed by ffmpeg, and finds what may stand in where that saves nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from compression_config import LIMITS, PROFILES
from errors import CorruptMediaError, EncodingError
from processing import encoder
from processing.encoder import ResultTooLargeError
from processing.ffmpeg_progress import FfmpegProgress
from processing.ffprobe import decoding_failure
from processing.formats import by_name
from processing.plan_video import VideoPlan, halved, plan_video
from processing.probe import probe_video
from processing.rendition import Rendition, rendition_of
from processing.scrubbing import UnscrubbableError, scrub
from processing.task import Task
from processing.time_budget import time_budget_s
from processing.verify import verify_copy, verify_encoding
from processing.video import encode_command, remux_command

_WORTH: Final = 0.99  # a result that saves less is not worth a loss
_SQUEEZED_SHARE: Final = 0.85  # of the source's own rate
_HALVED_SHARE: Final = 0.4
_MIN_VIDEO_KBPS: Final = 8
# Moving the index to the front rewrites the file, and a little more than the result is written.
_FILE_SLACK_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One way to come to a result."""

    plan: VideoPlan  # what the result has to look like
    command: list[str] | None  # None: the source with its metadata blanked, without ffmpeg
    target: Path
    format_name: str
    max_bytes: int
    is_copy: bool
    notes: tuple[str, ...] = ()


def compress_video(task: Task) -> Rendition:
    """Encode the video by its plan; where nothing is saved, hand the source back, cleaned.

    Raises CorruptMediaError where ffmpeg gives up after a good probe, EncodingError where it
    refuses our command, a Limit error, or what encoder.run raises.
    """
    info = probe_video(task.source, task.format, task.work_dir, task.deadline)
    plan = plan_video(info, PROFILES[task.options.profile])
    budget_s = time_budget_s(plan.duration_s or 0.0, task.size_bytes, task.options)
    task = replace(task, deadline=task.deadline - task.options.time_limit_s + budget_s)
    progress = FfmpegProgress(task.report, plan.duration_s)
    for attempt in _attempts(task, plan, progress):
        notes = _notes_of_success(attempt, task, progress)
        if notes is not None:
            return rendition_of(
                attempt.target,
                by_name(attempt.format_name),
                task.size_bytes,
                "not_smaller" if attempt.is_copy else None,
                (*attempt.notes, *notes),
            )
        attempt.target.unlink(missing_ok=True)
    raise EncodingError


def _attempts(task: Task, plan: VideoPlan, progress: FfmpegProgress) -> Iterator[_Attempt]:
    """The plan itself, then what may stand in for it, best first.

    What browsers play as it is, is rather kept than squeezed; the rest is rather squeezed.
    """
    yield _encoding(task, plan, int(task.size_bytes * _WORTH), plan.notes)
    if plan.is_modern:
        yield from _copies(task, plan)
    notes = (*plan.notes, "Quality was lowered to make it smaller.")
    for lesser, share in ((plan, _SQUEEZED_SHARE), (halved(plan), _HALVED_SHARE)):
        squeezed = _squeezed(lesser, task.size_bytes * share, progress.decoded_s)
        yield _encoding(task, squeezed, task.size_bytes, notes)
    if not plan.is_modern:
        yield from _copies(task, plan)


def _squeezed(plan: VideoPlan, size_bytes: float, decoded_s: float) -> VideoPlan:
    """The plan under a ceiling that fits `size_bytes`, by the length that was really decoded."""
    kbps = size_bytes * 8 / 1000 / max(decoded_s, 0.1)
    sound_kbps = plan.audio.kbps if plan.audio else 0
    return replace(plan, max_rate_kbps=max(_MIN_VIDEO_KBPS, int(kbps - sound_kbps)))


def _encoding(task: Task, plan: VideoPlan, max_bytes: int, notes: tuple[str, ...]) -> _Attempt:
    target = _target(task, "mp4")
    command = encode_command(
        plan,
        task.source,
        target,
        threads=task.options.threads,
        max_pixels=LIMITS.max_video_pixels,
    )
    return _Attempt(plan, command, target, "mp4", max_bytes, is_copy=False, notes=notes)


def _copies(task: Task, plan: VideoPlan) -> Iterator[_Attempt]:
    for name in plan.copy_formats:
        target = _target(task, name)
        command = remux_command(plan, task.source, target, name)
        yield _Attempt(plan, command, target, name, task.size_bytes, is_copy=True)
    if plan.may_scrub:
        name = plan.source_format
        yield _Attempt(plan, None, _target(task, name), name, task.size_bytes, is_copy=True)


def _target(task: Task, format_name: str) -> Path:
    return task.work_dir / f"rendition.{by_name(format_name).extension}"


def _notes_of_success(
    attempt: _Attempt, task: Task, progress: FfmpegProgress
) -> tuple[str, ...] | None:
    """Run the attempt and check its result; None when that is larger than it may be."""
    if not _is_made(attempt, task, progress) or attempt.target.stat().st_size > attempt.max_bytes:
        return None
    task.report("verifying", 98.0)
    if attempt.is_copy:
        verify_copy(attempt.target, attempt.format_name, attempt.plan, task)
        return ()
    if progress.frames == 0:
        raise CorruptMediaError  # ffmpeg found nothing to decode, and thinks that is fine
    return verify_encoding(attempt.target, attempt.plan, progress, task)


def _is_made(attempt: _Attempt, task: Task, progress: FfmpegProgress) -> bool:
    """Carry the attempt out; False when it cannot be, or has outgrown its use."""
    if attempt.command is None:
        return _is_scrubbed(task.source, attempt.target)
    progress.begin(attempt.max_bytes)
    bounds = encoder.Bounds(
        deadline=task.deadline,
        memory_bytes=LIMITS.video_memory_bytes,
        file_bytes=attempt.max_bytes + _FILE_SLACK_BYTES,
    )
    try:
        finished = encoder.run(attempt.command, cwd=task.work_dir, bounds=bounds, listener=progress)
    except ResultTooLargeError:
        return False
    if finished.status != 0 and attempt.is_copy:
        return False  # not every container holds every codec
    if finished.status != 0:
        raise decoding_failure(finished)
    return True


def _is_scrubbed(source: Path, target: Path) -> bool:
    try:
        scrub(source, target)
    except UnscrubbableError:
        return False
    return True
