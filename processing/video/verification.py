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
from processing.video.ffprobe import ask_ffprobe, decode_frames
from processing.video.output import Output
from processing.video.progress import FfmpegProgress
from processing.video.reading import Reading
from processing.video.stream import CopiedVideo, EncodedVideo
from processing.video.truncation import missing_share

_FEW_PACKETS: Final = "%+#3"  # Of our own encoding, a few tell as much as many.
_FIRST_PACKETS: Final = "%+#12"
_LAST_SECONDS: Final = 1.0
_LONG_ENOUGH_S: Final = 4.0  # to look at its end, too
_KEY_FRAMES: Final = ("-skip_frame", "nokey")
_TOLERATED_DAMAGE: Final = 0.05  # of the frames
_DURATION_SLACK_S: Final = 1.0
_DURATION_SLACK_SHARE: Final = 0.01


def verify_encoding(
    attempt: Attempt, reading: Reading, task: Task, made: FfmpegProgress
) -> tuple[Note, ...]:
    """Raise EncodingError unless the result is the upright mp4 that was planned.

    What could not be decoded is told in the notes that come back: all of the sound, or frames.
    Raises CorruptMediaError where those are many.
    """
    output = attempt.output
    video, sound = _tracks(attempt.path, output)
    if video.samples != made.frames or made.frames == 0:
        raise _failed("frames", video)
    length_s = max(_end_s(track) for track in (video, sound) if track)
    if _is_shorter(length_s, made.decoded_s):
        raise _failed("duration", video)
    if isinstance(output.video, CopiedVideo):
        _refuse_poor_copy(attempt, video, reading, task)
        frames: tuple[Note, ...] = ()
    else:
        _decoded(attempt.path, "mp4", task, _both_ends(video), output)
        frames = _notes_of_damage(output.video, made)
    lost_sound = (Note(NoteCode.SOUND_LEFT_OUT),) if output.sound and not sound else ()
    return (*lost_sound, *frames)


def _notes_of_damage(video: EncodedVideo, made: FfmpegProgress) -> tuple[Note, ...]:
    """Of frames that are missing and complained of; without a complaint there never were any."""
    if video.frames_due is None or made.frames >= video.frames_due or not made.complaints:
        return ()
    if made.frames < video.frames_due * (1 - _TOLERATED_DAMAGE):
        raise CorruptMediaError
    return (Note(NoteCode.FRAMES_LEFT_OUT),)


def _end_s(track: IndexedTrack) -> float:
    """When a track has been played: it may start late, which is written as an empty edit."""
    return track.duration_s + sum(edit.seconds for edit in track.edits if edit.from_s is None)


def verify_remux(attempt: Attempt, reading: Reading, task: Task) -> None:
    """Raise EncodingError unless the result is our own kind of mp4, and sound all through.

    Every key frame is decoded: none may have another size or be damaged.
    """
    video, sound = _tracks(attempt.path, attempt.output)
    if (sound is None) is not (attempt.output.sound is None):
        raise _failed("sound", sound)
    _refuse_poor_copy(attempt, video, reading, task)


def verify_copy(attempt: Attempt, reading: Reading, task: Task) -> None:
    """Raise EncodingError unless the result holds the source's video and sound, and only those."""
    reader = FORMATS[attempt.target].reader
    answer = ask_ffprobe(attempt.path, reader, task.work_dir, task.deadline)
    kinds = sorted(stream.get("codec_type", "") for stream in answer["streams"])
    if kinds != (["audio", "video"] if attempt.output.sound else ["video"]):
        raise _failed("tracks", answer)
    if _is_shorter(float(answer["format"].get("duration", 0)), reading.duration_s or 0.0):
        raise _failed("loss", answer)
    first = ("-read_intervals", _FIRST_PACKETS)
    _decoded(attempt.path, attempt.target, task, first, None)


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


def _both_ends(video: IndexedTrack) -> tuple[str, str]:
    intervals = _FEW_PACKETS
    if video.duration_s > _LONG_ENOUGH_S:
        intervals += f",{video.duration_s - _LAST_SECONDS:.3f}{_FEW_PACKETS}"
    return "-read_intervals", intervals


def _refuse_poor_copy(attempt: Attempt, video: IndexedTrack, reading: Reading, task: Task) -> None:
    """Copying drops what comes before the first key frame, and passes damage on."""
    if reading.frame_count:
        is_whole = video.samples >= reading.frame_count
    else:
        is_whole = not _is_shorter(video.duration_s, reading.duration_s or 0.0)
    if not is_whole:
        raise _failed("loss", video)
    if not _decoded(attempt.path, "mp4", task, _KEY_FRAMES, attempt.output):
        raise _failed("damage", attempt.path)


def _decoded(
    path: Path, container: str, task: Task, which: tuple[str, ...], output: Output | None
) -> bool:
    """Decode some frames, of the output's size if there is one; whether all went smoothly."""
    reader = FORMATS[container].reader
    try:
        sizes, is_complained_of = decode_frames(path, reader, task.work_dir, task.deadline, which)
    except CorruptMediaError as error:
        raise _failed("decoding", path) from error  # The result is ours, not the sender's.
    if missing_share(path, reader) > 0:
        raise _failed("length", path)
    if output and set(sizes) != {(output.video.width, output.video.height)}:
        raise _failed("size of frames", set(sizes))
    return not is_complained_of


def _failed(what: str, found: object) -> EncodingError:
    failure = EncodingError()
    failure.add_note(f"unexpected {what}: {found}")
    return failure
