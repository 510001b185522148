"""Lists the ways to come to a video's result, best first: one pays, or the next is tried."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from compression_config import LIMITS
from processing.formats import by_name
from processing.task import Task
from processing.video.command import encode_command, remux_command
from processing.video.ffmpeg_progress import FfmpegProgress
from processing.video.plan import LOST_SOUND, VideoPlan, halved, with_plain_sound

_WORTH: Final = 0.99  # a result that saves less is not worth a loss
_SQUEEZED: Final = (0.85, 0.75)  # ceilings, of the source's own rate
_CRF_STEPS_TO_HALVE: Final = 6.0
_AIMED_AT: Final = 0.95  # of the source's bytes, by what the attempt before came to
_CRF_STEPS: Final = (2.0, 10.0)  # at least and at most, between two attempts
# A ceiling, and what is added to the CRF, where that was not enough.
_FLATTENED: Final = (0.4, 16.0)
_HALVED: Final = (0.4, 3.0)
_SMALLEST_SIDE_PX: Final = 240  # that halving may end at, but for want of anything else
_LEAN_AUDIO_KBPS: Final = 64
_MOST_OF_SOUND: Final = 1 / 3  # of a squeezed result; more is made plain
_WORST_CRF: Final = 50.0
_MIN_VIDEO_KBPS: Final = 8


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to come to a result."""

    plan: VideoPlan  # what the result has to look like
    command: list[str] | None  # None: the source with its metadata blanked, without ffmpeg
    target: Path
    format_name: str
    max_bytes: int
    copy_reason: Literal["already_compact", "not_smaller"] | None  # None: something is encoded
    notes: tuple[str, ...] = ()

    @property
    def is_encoding(self) -> bool:
        """Whether the picture is made anew, which ought to go well whatever the source is."""
        return self.copy_reason is None and not self.plan.is_picture_copied


def attempts(task: Task, plan: VideoPlan, progress: FfmpegProgress) -> Iterator[Attempt]:
    """What is compact already as it is; else the plan, then what may stand in for it.

    What browsers show right as it is, is rather kept than squeezed; the rest, old codecs and high
    dynamic range, is rather squeezed.
    """
    if plan.is_picture_copied:
        yield _kept(task, plan)
        if plan.audio and not plan.is_remux and plan.audio.kbps > _LEAN_AUDIO_KBPS:
            yield _kept(task, with_plain_sound(plan, _LEAN_AUDIO_KBPS))
        if plan.is_remux and plan.may_scrub and plan.source_format == "mp4":
            yield replace(_scrubbed(task, plan), copy_reason="already_compact")
        plan = plan.instead or plan
    copies = list(_copies(task, plan))
    is_shown_right = plan.is_modern and plan.light is None
    shown = [one for one in copies if is_shown_right and by_name(one.format_name).shown_by_browsers]
    if plan.is_lean:
        yield from (replace(one, copy_reason="already_compact") for one in shown)
    yield _encoding(task, plan, int(task.size_bytes * _WORTH), plan.notes)
    came_to_bytes = progress.projected_bytes
    yield from shown
    yield from _squeezes(task, plan, progress, came_to_bytes)
    yield from (one for one in copies if one not in shown)


def _squeezes(
    task: Task, plan: VideoPlan, progress: FfmpegProgress, came_to_bytes: float
) -> Iterator[Attempt]:
    notes = (*plan.notes, "Quality was lowered to make it smaller.")
    tried = plan
    for share in _SQUEEZED:
        squeezed = _squeezed(plan, task.size_bytes * share, progress.length_s)
        step = _crf_step(
            came_to_bytes - _sound_bytes(tried, progress.length_s),
            task.size_bytes * _AIMED_AT - _sound_bytes(squeezed, progress.length_s),
        )
        tried = replace(squeezed, crf=min(_WORST_CRF, tried.crf + step))
        yield _encoding(task, tried, task.size_bytes, notes)
        came_to_bytes = progress.projected_bytes
    last = [(halved(plan), *_HALVED)]
    if min(plan.width, plan.height) < 2 * _SMALLEST_SIDE_PX:
        last.insert(0, (plan, *_FLATTENED))
    for lesser, share, crf_step in last:
        squeezed = _squeezed(lesser, task.size_bytes * share, progress.length_s)
        squeezed = replace(squeezed, crf=min(_WORST_CRF, plan.crf + crf_step))
        yield _encoding(task, squeezed, task.size_bytes, notes)


def _crf_step(came_to_bytes: float, wanted_bytes: float) -> float:
    """What the CRF has to grow by, for a picture that came to so many bytes."""
    least, most = _CRF_STEPS
    if wanted_bytes <= 0:
        return most
    excess = max(1.0, came_to_bytes / wanted_bytes)
    return min(most, max(least, _CRF_STEPS_TO_HALVE * math.log2(excess)))


def _sound_bytes(plan: VideoPlan, length_s: float) -> float:
    return plan.audio.kbps * 125 * length_s if plan.audio else 0.0


def _kept(task: Task, plan: VideoPlan) -> Attempt:
    """The source's own picture in a new mp4; its sound, too, unless that needs encoding."""
    if not plan.is_remux:
        kept = "The picture was compact already and is kept as it was."
        return _encoding(task, plan, task.size_bytes, (*plan.notes, kept))
    target = _target(task, "mp4")
    command = remux_command(plan, task.source, target, "mp4")
    lost = _notes_of_copies(plan)
    return Attempt(plan, command, target, "mp4", task.size_bytes, "already_compact", lost)


def _squeezed(plan: VideoPlan, size_bytes: float, length_s: float) -> VideoPlan:
    """The plan under a ceiling that fits `size_bytes`."""
    kbps = size_bytes * 8 / 1000 / max(length_s, 0.1)
    if plan.audio and plan.audio.kbps > kbps * _MOST_OF_SOUND:
        plan = with_plain_sound(plan)
    sound_kbps = plan.audio.kbps if plan.audio else 0
    return replace(plan, max_rate_kbps=max(_MIN_VIDEO_KBPS, int(kbps - sound_kbps)))


def _encoding(task: Task, plan: VideoPlan, max_bytes: int, notes: tuple[str, ...]) -> Attempt:
    target = _target(task, "mp4")
    command = encode_command(
        plan,
        task.source,
        target,
        threads=task.options.threads,
        max_pixels=LIMITS.max_video_pixels,
    )
    return Attempt(plan, command, target, "mp4", max_bytes, copy_reason=None, notes=notes)


def _copies(task: Task, plan: VideoPlan) -> Iterator[Attempt]:
    for name in plan.copy_formats:
        target = _target(task, name)
        command = remux_command(plan, task.source, target, name)
        lost = _notes_of_copies(plan)
        yield Attempt(plan, command, target, name, task.size_bytes, "not_smaller", lost)
    if plan.may_scrub:
        yield _scrubbed(task, plan)


def _notes_of_copies(plan: VideoPlan) -> tuple[str, ...]:
    """Of all that an encoding changes, a copy only loses what cannot be read at all."""
    return tuple(note for note in plan.notes if note == LOST_SOUND)


def _scrubbed(task: Task, plan: VideoPlan) -> Attempt:
    name = plan.source_format
    target = _target(task, name)
    return Attempt(plan, None, target, name, task.size_bytes, "not_smaller")


def _target(task: Task, format_name: str) -> Path:
    return task.work_dir / f"rendition.{by_name(format_name).extension}"
