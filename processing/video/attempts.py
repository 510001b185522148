"""Lists the ways to come to a video's result, best first: one pays, or the next is tried."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from notes import Note, NoteCode
from processing.rendition import PassthroughReason
from processing.targets import VIDEO_TARGETS
from processing.task import Task
from processing.video.command import encode_command, remux_command
from processing.video.copies import CRF_STEPS_TO_HALVE
from processing.video.output import Output, with_plain_sound
from processing.video.plan import VideoPlan
from processing.video.progress import FfmpegProgress
from processing.video.stream import CopiedVideo, EncodedVideo, halved

_WORTH: Final = 0.99  # A result that saves less is not worth a loss.
_SQUEEZED: Final = (0.85, 0.75)  # ceilings, of the source's own rate
_AIMED_AT: Final = 0.95  # of the source's bytes, by what the attempt before came to
_CRF_STEPS: Final = (2.0, 10.0)  # at least and at most, between two attempts
# A ceiling, and what is added to the CRF, where that was not enough.
_FLATTENED: Final = (0.4, 16.0)
_HALVED: Final = (0.4, 3.0)
_SMALLEST_SIDE_PX: Final = 240  # Halving may end below it only for want of anything else.
_LEAN_SOUND_KBPS: Final = 64
_MOST_OF_SOUND: Final = 1 / 3  # of a squeezed result; more is made plain
_WORST_CRF: Final = 50.0
_MIN_VIDEO_KBPS: Final = 8


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to come to a result."""

    output: Output  # what the result has to hold
    command: list[str] | None  # None: the source with its metadata blanked, without ffmpeg
    target: str  # the container's name
    path: Path
    max_bytes: int
    copy_reason: PassthroughReason | None  # None: something is encoded
    notes: tuple[Note, ...] = ()

    @property
    def is_encoding(self) -> bool:
        """Whether the video is made anew, which ought to go well whatever the source is."""
        return self.copy_reason is None and isinstance(self.output.video, EncodedVideo)


def attempts(task: Task, plan: VideoPlan, progress: FfmpegProgress) -> Iterator[Attempt]:
    """What is compact already as it is; else the plan, then what may stand in for it.

    What browsers show right as it is, is rather kept than squeezed; the rest, old codecs and high
    dynamic range, is rather squeezed.
    """
    yield from _kept(task, plan)
    copies = list(_copies(task, plan))
    is_shown_right = plan.copies.is_modern and plan.reading.light is None
    shown = [one for one in copies if is_shown_right and _is_shown_by_browsers(one)]
    if plan.copies.is_lean:
        yield from (replace(one, copy_reason=PassthroughReason.ALREADY_COMPACT) for one in shown)
    yield _encoding(task, plan, plan.output, int(task.size_bytes * _WORTH), plan.notes)
    came_to_bytes = progress.projected_bytes
    yield from shown
    yield from _squeezes(task, plan, progress, came_to_bytes)
    yield from (one for one in copies if one not in shown)


def _is_shown_by_browsers(attempt: Attempt) -> bool:
    return VIDEO_TARGETS[attempt.target].is_shown_by_browsers


def _kept(task: Task, plan: VideoPlan) -> Iterator[Attempt]:
    """The source's own video in a new mp4; its sound, too, unless that needs encoding."""
    output = plan.kept_output
    if output is None:
        return
    if output.is_remux:
        yield _remux(task, plan, output, "mp4", PassthroughReason.ALREADY_COMPACT)
        if plan.copies.may_scrub and plan.reading.format.name == "mp4":
            yield _scrubbed(task, plan, output, PassthroughReason.ALREADY_COMPACT)
        return
    notes = (*plan.kept_notes, Note(NoteCode.VIDEO_KEPT))
    yield _encoding(task, plan, output, task.size_bytes, notes)
    if output.sound and output.sound.kbps > _LEAN_SOUND_KBPS:
        lean = with_plain_sound(output, _LEAN_SOUND_KBPS)
        yield _encoding(task, plan, lean, task.size_bytes, notes)


def _squeezes(
    task: Task, plan: VideoPlan, progress: FfmpegProgress, came_to_bytes: float
) -> Iterator[Attempt]:
    notes = (*plan.notes, Note(NoteCode.QUALITY_LOWERED))
    tried, crf = plan.output, plan.video.crf
    for share in _SQUEEZED:
        kbps = _kbps(task.size_bytes * share, progress.length_s)
        output = _with_sound_within(plan.output, kbps)
        step = _crf_step(
            came_to_bytes - _sound_bytes(tried, progress.length_s),
            task.size_bytes * _AIMED_AT - _sound_bytes(output, progress.length_s),
        )
        crf = min(_WORST_CRF, crf + step)
        tried = _with_video(output, plan.video, kbps, crf)
        yield _encoding(task, plan, tried, task.size_bytes, notes)
        came_to_bytes = progress.projected_bytes
    last = [(halved(plan.video), with_plain_sound(plan.output), *_HALVED)]
    if min(plan.video.width, plan.video.height) < 2 * _SMALLEST_SIDE_PX:
        last.insert(0, (plan.video, plan.output, *_FLATTENED))
    for video, output, share, crf_step in last:
        kbps = _kbps(task.size_bytes * share, progress.length_s)
        crf = min(_WORST_CRF, plan.video.crf + crf_step)
        lesser = _with_video(_with_sound_within(output, kbps), video, kbps, crf)
        yield _encoding(task, plan, lesser, task.size_bytes, notes)


def _crf_step(came_to_bytes: float, wanted_bytes: float) -> float:
    """What the CRF has to grow by, for a video stream that came to so many bytes."""
    least, most = _CRF_STEPS
    if wanted_bytes <= 0:
        return most
    excess = max(1.0, came_to_bytes / wanted_bytes)
    return min(most, max(least, CRF_STEPS_TO_HALVE * math.log2(excess)))


def _sound_bytes(output: Output, length_s: float) -> float:
    return output.sound.kbps * 125 * length_s if output.sound else 0.0


def _kbps(size_bytes: float, length_s: float) -> float:
    return size_bytes * 8 / 1000 / max(length_s, 0.1)


def _with_sound_within(output: Output, kbps: float) -> Output:
    """The output with plain sound where its own would take too much of `kbps`."""
    is_much = output.sound is not None and output.sound.kbps > kbps * _MOST_OF_SOUND
    return with_plain_sound(output) if is_much else output


def _with_video(output: Output, video: EncodedVideo, kbps: float, crf: float) -> Output:
    """The output with `video` at this CRF, under a ceiling that leaves room for the sound."""
    left_kbps = kbps - (output.sound.kbps if output.sound else 0)
    ceiling = max(_MIN_VIDEO_KBPS, int(left_kbps))
    return replace(output, video=replace(video, crf=crf, max_rate_kbps=ceiling))


def _encoding(
    task: Task, plan: VideoPlan, output: Output, max_bytes: int, notes: tuple[Note, ...]
) -> Attempt:
    path = task.result_path("mp4")
    threads = task.allowance.threads
    command = encode_command(plan.reading, output, task.source, path, threads)
    return Attempt(output, command, "mp4", path, max_bytes, copy_reason=None, notes=notes)


def _copies(task: Task, plan: VideoPlan) -> Iterator[Attempt]:
    for container in plan.copies.containers:
        yield _remux(task, plan, plan.output, container, PassthroughReason.NOT_SMALLER)
    if plan.copies.may_scrub:
        yield _scrubbed(task, plan, plan.output, PassthroughReason.NOT_SMALLER)


def _remux(
    task: Task, plan: VideoPlan, output: Output, container: str, reason: PassthroughReason
) -> Attempt:
    """The source's own streams in a container; what cannot be read at all is lost."""
    path = task.result_path(container)
    command = remux_command(plan.reading, output, task.source, path, container)
    notes = _notes_of_copy(plan, output, container)
    return Attempt(output, command, container, path, task.size_bytes, reason, notes)


def _scrubbed(task: Task, plan: VideoPlan, output: Output, reason: PassthroughReason) -> Attempt:
    """The source itself, with its metadata blanked in place."""
    container = plan.reading.format.name
    path = task.result_path(container)
    notes = _notes_of_copy(plan, output, container)
    return Attempt(output, None, container, path, task.size_bytes, reason, notes)


def _notes_of_copy(plan: VideoPlan, output: Output, container: str) -> tuple[Note, ...]:
    """What is said of the source's own streams; a kept one is what was asked for, and plays."""
    is_kept = isinstance(output.video, CopiedVideo)
    plays = plan.copies.plays_everywhere and VIDEO_TARGETS[container].is_shown_by_browsers
    told = () if plays or is_kept else (Note(NoteCode.MAY_NOT_PLAY),)
    return (*plan.notes_of_copies, *told)
