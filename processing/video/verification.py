"""Opens a finished video again, as a stranger would, and compares it with its plan.

Decoding a whole result costs a tenth of its encoding, so the index is compared in full, some
frames at its begin and end are decoded, and all the bytes that its boxes promise must be there.
"""

from pathlib import Path
from typing import Final

from errors import CorruptMediaError, EncodingError
from notes import Note, NoteCode
from processing.formats import FORMATS
from processing.isobmff.mp4_index import IndexedTrack, read_index
from processing.targets import VIDEO_CODECS
from processing.task import Task
from processing.video.attempts import Attempt
from processing.video.damage import decode_all, notes_of_damage
from processing.video.ffprobe import ask_ffprobe, decode_frames
from processing.video.log import FfmpegLog
from processing.video.output import Output
from processing.video.progress import FfmpegProgress
from processing.video.reading import Reading
from processing.video.stream import CopiedVideo
from processing.video.truncation import missing_share

_FEW_PACKETS: Final = "%+#3"  # Of our own encoding, a few tell as much as many.
_LAST_SECONDS: Final = 1.0
_LONG_ENOUGH_S: Final = 4.0  # to look at its end, too
_DURATION_SLACK_S: Final = 1.0
_DURATION_SLACK_SHARE: Final = 0.01


def verify_encoding(
    attempt: Attempt, reading: Reading, task: Task, made: FfmpegProgress
) -> tuple[Note, ...]:
    """Raise EncodingError unless the result is the upright mp4 that was planned.

    A note comes back where all of the sound could not be decoded.
    """
    output = attempt.output
    video, sound = _tracks(attempt.path, output)
    if video.samples != made.frames or made.frames == 0:
        raise _failed("frames", video)
    length_s = max(_end_s(track) for track in (video, sound) if track)
    if _is_shorter(length_s, made.decoded_s) or (
        reading.shown_s is not None and _is_shorter(video.duration_s, reading.shown_s)
    ):
        raise _failed("duration", video)
    if isinstance(output.video, CopiedVideo):
        _refuse_poor_copy(attempt, reading, task, made)
    else:
        _decode_both_ends(attempt.path, task, video, output)
    return (Note(NoteCode.SOUND_LEFT_OUT),) if output.sound and not sound else ()


def _end_s(track: IndexedTrack) -> float:
    """When a track has been played: it may start late, which is written as an empty edit."""
    return track.duration_s + sum(edit.seconds for edit in track.edits if edit.from_s is None)


def verify_remux(attempt: Attempt, reading: Reading, task: Task, made: FfmpegProgress) -> None:
    """Raise EncodingError unless the result is our own kind of mp4, and sound all through."""
    _, sound = _tracks(attempt.path, attempt.output)
    if (sound is None) is not (attempt.output.sound is None):
        raise _failed("sound", sound)
    _refuse_poor_copy(attempt, reading, task, made)


def verify_copy(
    attempt: Attempt, reading: Reading, task: Task, made: FfmpegProgress
) -> tuple[Note, ...]:
    """Raise EncodingError unless the result holds the source's video and sound, and only those.

    All of it is decoded, because nothing else was: notes of damage come back. Raises
    CorruptMediaError where that is more than is borne.
    """
    reader = FORMATS[attempt.target].reader
    try:
        answer = ask_ffprobe(attempt.path, reader, task.work_dir, task.deadline)
    except CorruptMediaError as error:
        raise _failed("container", attempt.path) from error
    kinds = sorted(stream.get("codec_type", "") for stream in answer["streams"])
    if kinds != (["audio", "video"] if attempt.output.sound else ["video"]):
        raise _failed("tracks", answer)
    is_cut = Note(NoteCode.END_MISSING) in attempt.notes
    length_s = float(answer["format"].get("duration", 0))
    if _is_shorter(length_s, reading.duration_s or 0.0) and not is_cut:
        raise _failed("loss", answer)
    _refuse_missing_end(attempt.path, reader)
    return _heard(attempt, reading, task, made)[0]


def _tracks(path: Path, output: Output) -> tuple[IndexedTrack, IndexedTrack | None]:
    tracks = [track for track in read_index(path) if track.samples]
    videos = [track for track in tracks if track.kind == "vide"]
    sounds = [track for track in tracks if track.kind == "soun"]
    most_sounds = 0 if output.sound is None else 1
    if len(videos) != 1 or len(sounds) > most_sounds or len(tracks) > 1 + most_sounds:
        raise _failed("tracks", tracks)
    found = videos[0].codec, round(videos[0].width), round(videos[0].height)
    wanted = output.video
    if found != (VIDEO_CODECS[wanted.codec].sample_entry, wanted.width, wanted.height):
        raise _failed("codec or size", found)
    if not videos[0].is_upright:
        raise _failed("rotation", videos[0])
    return videos[0], sounds[0] if sounds else None


def _is_shorter(length_s: float, wanted_s: float) -> bool:
    return wanted_s - length_s > _DURATION_SLACK_S + _DURATION_SLACK_SHARE * wanted_s


def _refuse_poor_copy(attempt: Attempt, reading: Reading, task: Task, made: FfmpegProgress) -> None:
    """Copying drops what comes before the first key frame, and passes damage on.

    Every frame is decoded: none may have another size, or be damaged.
    """
    video, _ = _tracks(attempt.path, attempt.output)
    if reading.frame_count:
        is_whole = video.samples >= reading.frame_count
    else:
        is_whole = not _is_shorter(video.duration_s, reading.duration_s or 0.0)
    if not is_whole:
        raise _failed("loss", video)
    _refuse_missing_end(attempt.path, "mov")
    notes, log = _heard(attempt, reading, task, made)
    if notes or log.changes_shape:
        raise _failed("damage or shapes", (notes, log.shapes))
    sizes = {(shape.width, shape.height) for shape in log.shapes}
    if sizes != {(attempt.output.video.width, attempt.output.video.height)}:
        raise _failed("size of frames", sizes)


def _heard(
    attempt: Attempt, reading: Reading, task: Task, made: FfmpegProgress
) -> tuple[tuple[Note, ...], FfmpegLog]:
    """Decode all of the source, once: what is said of its damage, and all that ffmpeg says.

    Not of the copy: copying leaves out what is broken beyond recognition, and says nothing.
    """
    if made.source_log is None:
        try:
            made.source_log = decode_all(task, reading, attempt.output, task.source)
        except CorruptMediaError as error:
            raise _failed("decoding", task.source) from error
    return notes_of_damage(reading, attempt.output.sound, made.source_log), made.source_log


def _decode_both_ends(path: Path, task: Task, video: IndexedTrack, output: Output) -> None:
    """Decode some frames of an mp4 of ours, which have to be of the output's size."""
    intervals = _FEW_PACKETS
    if video.duration_s > _LONG_ENOUGH_S:
        intervals += f",{video.duration_s - _LAST_SECONDS:.3f}{_FEW_PACKETS}"
    which = ("-read_intervals", intervals)
    try:
        sizes = decode_frames(path, "mov", task.work_dir, task.deadline, which)
    except CorruptMediaError as error:
        raise _failed("decoding", path) from error  # The result is ours, not the sender's.
    _refuse_missing_end(path, "mov")
    if set(sizes) != {(output.video.width, output.video.height)}:
        raise _failed("size of frames", set(sizes))


def _refuse_missing_end(path: Path, reader: str) -> None:
    if missing_share(path, reader) > 0:
        raise _failed("length", path)


def _failed(what: str, found: object) -> EncodingError:
    failure = EncodingError()
    failure.add_note(f"unexpected {what}: {found}")
    return failure
