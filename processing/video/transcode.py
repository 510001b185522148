"""Has one video compressed by ffmpeg, in the first of several ways that pays."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from compression_config import PROFILES
from errors import CorruptMediaError, EncodingError, UnsupportedMediaError
from media_facts import MediaFacts
from notes import Note, NoteCode
from processing.cores import encoding, threads_for_encoder
from processing.isobmff.boxes import UntiledError
from processing.isobmff.mp4_scrub import scrub
from processing.progress import Stage
from processing.rendition import PassthroughReason, Rendition, rendition_of
from processing.sandbox.watch import ResultTooLargeError
from processing.targets import VIDEO_TARGETS
from processing.task import Task
from processing.tone_map import cube_file
from processing.video.attempts import Attempt, attempts
from processing.video.color import TONE_FILE
from processing.video.damage import (
    can_be_heard,
    holds_sei,
    is_damaged,
    notes_of_damage,
    refuse_frameless,
)
from processing.video.facts import facts_of_result, facts_of_source
from processing.video.ffmpeg import run_ffmpeg
from processing.video.ffprobe import decoding_failure
from processing.video.learned import (
    LearnedError,
    LongSilenceError,
    MoreChannelsError,
    ShapeChangedError,
    SoundUnopenedError,
)
from processing.video.openable import remove_copies
from processing.video.plan import VideoPlan, plan_video
from processing.video.probe import VideoInfo, probe_video
from processing.video.progress import FfmpegProgress
from processing.video.shapes import in_its_main_shape
from processing.video.stream import CopiedVideo
from processing.video.target_quality import at_target_quality
from processing.video.transparency import without_unused_alpha
from processing.video.verification import verify_copy, verify_encoding, verify_remux

# Moving the index to the front rewrites the file, and a little more than the result is written.
_FILE_SLACK_BYTES: Final = 1024 * 1024


def compress_video(task: Task) -> Rendition:
    """Encode the video by its plan; where nothing is saved, hand the source back, cleaned.

    Raises CorruptMediaError where ffmpeg gives up after a good probe, or a failure is the source's
    fault; UnsupportedMediaError where nothing smaller can be made of it; EncodingError where a
    sound source fails; a Limit error, or what program.run raises.
    """
    try:
        return _compressed(task)
    finally:
        remove_copies(task.work_dir)


def _compressed(task: Task) -> Rendition:
    info = probe_video(task.source, task.format, task.work_dir, task.deadline)
    budget_s = task.allowance.budget_s(info.duration_s or 0.0, task.size_bytes)
    task = replace(task, deadline=task.deadline - task.allowance.time_limit_s + budget_s)
    task = replace(task, source=info.opened_copy or task.source)
    plan = plan_video(info, task.order, task.allowance)
    info = without_unused_alpha(task, info, plan.reading, plan.output)
    learned: set[type[LearnedError]] = set()
    while True:
        try:
            return _by_plan(task, info, frozenset(learned))
        except LearnedError as found:
            if type(found) in learned:
                raise EncodingError from found
            learned.add(type(found))
            info = _with_learned(task, info, found)


def _with_learned(task: Task, info: VideoInfo, found: LearnedError) -> VideoInfo:
    if isinstance(found, ShapeChangedError):
        return in_its_main_shape(task, info)
    if isinstance(found, LongSilenceError):
        return replace(info, has_long_silence=True)
    if isinstance(found, MoreChannelsError) and info.audio:
        return replace(info, audio=replace(info.audio, channels=2, layout=""))
    return replace(info, audio=None, has_lost_sound=True)


def _watched(info: VideoInfo) -> frozenset[type[LearnedError]]:
    is_mono = info.audio is not None and info.audio.channels == 1
    return frozenset({ShapeChangedError} | ({MoreChannelsError} if is_mono else set()))


def _by_plan(task: Task, info: VideoInfo, learned: frozenset[type[LearnedError]]) -> Rendition:
    plan = plan_video(info, task.order, task.allowance)
    tone_file = task.work_dir / TONE_FILE
    if plan.reading.light:
        tone_file.write_text(cube_file(plan.reading.light))
    try:
        with encoding():
            threads = threads_for_encoder(task.allowance.threads)
            task = replace(task, allowance=replace(task.allowance, threads=threads))
            return _first_that_pays(task, plan, facts_of_source(info), _watched(info) - learned)
    finally:
        tone_file.unlink(missing_ok=True)


def _first_that_pays(
    task: Task,
    plan: VideoPlan,
    source: MediaFacts | None,
    watched: frozenset[type[LearnedError]],
) -> Rendition:
    if plan.video.codec == "av1":
        refuse_frameless(task, plan)
    if task.order.target_quality:
        plan = at_target_quality(task, plan, PROFILES[task.order.profile].target_vmaf)
    progress = FfmpegProgress(task.report, plan.reading.duration_s, watched)
    failure: EncodingError | None = None
    for attempt in attempts(task, plan, progress):
        if failure and (attempt.is_encoding or not _is_playable(attempt, plan)):
            continue  # What failed once for no reason of size would fail again.
        try:
            notes = _notes_of_success(attempt, task, plan, progress)
        except (CorruptMediaError, EncodingError) as error:
            if not can_be_heard(task, plan):
                raise SoundUnopenedError from error
            if isinstance(error, CorruptMediaError) or is_damaged(task, plan):
                raise CorruptMediaError from error
            failure, notes = error, None
        if notes is not None:
            is_silent = any(note.code is NoteCode.SOUND_LEFT_OUT for note in notes)
            made = facts_of_result(source, attempt, progress, has_lost_sound=is_silent)
            return rendition_of(
                attempt.path,
                attempt.target,
                task.size_bytes,
                PassthroughReason.ENCODING_FAILED if failure else attempt.copy_reason,
                (*attempt.notes, *notes),
            ).telling(source, made)
        attempt.path.unlink(missing_ok=True)
    raise failure or UnsupportedMediaError("Nothing smaller can be made of the video.")


def _is_playable(attempt: Attempt, plan: VideoPlan) -> bool:
    """Whether browsers play the source's own streams in the container of the attempt."""
    return plan.copies.is_modern and VIDEO_TARGETS[attempt.target].is_shown_by_browsers


def _notes_of_success(
    attempt: Attempt, task: Task, plan: VideoPlan, progress: FfmpegProgress
) -> tuple[Note, ...] | None:
    """Run the attempt and check its result; None when it is not to be had, or larger than it may.

    What goes wrong with an encoding is raised. Damage is judged whatever came of the attempt.
    """
    try:
        if not _is_made(attempt, task, plan, progress):
            return None
        damage = () if attempt.copy_reason else _notes_of_encoding(attempt, plan, progress)
    except (CorruptMediaError, EncodingError):
        if attempt.is_encoding:
            raise
        return None  # Not every container holds every codec, nor does every stream bear copying.
    if attempt.path.stat().st_size > attempt.max_bytes:
        return None
    task.report(Stage.VERIFYING, 98.0)
    try:
        return (*damage, *_verified(attempt, task, plan, progress))
    except EncodingError:
        if attempt.is_encoding:
            raise
        return None


def _notes_of_encoding(
    attempt: Attempt, plan: VideoPlan, progress: FfmpegProgress
) -> tuple[Note, ...]:
    if progress.frames == 0:
        raise CorruptMediaError  # Ffmpeg found nothing to decode, and thinks that is fine.
    return notes_of_damage(plan.reading, attempt.output.sound, progress.log)


def _is_made(attempt: Attempt, task: Task, plan: VideoPlan, progress: FfmpegProgress) -> bool:
    """Carry the attempt out; False when it cannot be, or has outgrown its use."""
    progress.begin(attempt.max_bytes, is_copy=not attempt.is_encoding)
    if attempt.command is None:
        # In place nothing can be taken out of the stream.
        return not holds_sei(task, plan) and _is_scrubbed(task.source, attempt.path)
    try:
        finished = run_ffmpeg(
            attempt.command,
            task.work_dir,
            task.deadline,
            file_bytes=attempt.max_bytes + _FILE_SLACK_BYTES,
            listener=progress,
        )
    except ResultTooLargeError:
        return False
    if finished.status != 0:
        raise decoding_failure(finished)
    return True


def _verified(
    attempt: Attempt, task: Task, plan: VideoPlan, progress: FfmpegProgress
) -> tuple[Note, ...]:
    """What verifying has to add to the notes; raises when the result is not as planned."""
    if attempt.copy_reason and isinstance(attempt.output.video, CopiedVideo):
        verify_remux(attempt, plan.reading, task, progress)
        return ()
    if attempt.copy_reason:
        return verify_copy(attempt, plan.reading, task, progress)
    return verify_encoding(attempt, plan.reading, task, progress)


def _is_scrubbed(source: Path, target: Path) -> bool:
    try:
        scrub(source, target)
    except UntiledError:
        return False
    return True
