"""Opens a finished video again, as a stranger would, and compares it with its plan.

Decoding a whole result costs a tenth of its encoding, so the index is compared in full, some
pictures at its begin and end are decoded, and all the bytes that its boxes promise must be there.
"""

from pathlib import Path
from typing import Final

from errors import CorruptMediaError, EncodingError
from processing.formats import by_name
from processing.mp4.index import IndexedTrack, read_index
from processing.task import Task
from processing.video.ffmpeg_progress import FfmpegProgress
from processing.video.ffprobe import ask_ffprobe, decode_pictures
from processing.video.plan import LOST_SOUND, VideoPlan
from processing.video.truncation import missing_share

_SAMPLE_ENTRIES: Final = {"h264": "avc1", "av1": "av01"}
_FEW_PACKETS: Final = "%+#3"  # of our own encoding, a few tell as much as many
_FIRST_PACKETS: Final = "%+#12"
_LAST_SECONDS: Final = 1.0
_LONG_ENOUGH_S: Final = 4.0  # to look at its end, too
_KEY_PICTURES: Final = ("-skip_frame", "nokey")
_BORNE_DAMAGE: Final = 0.05  # of the pictures
_DURATION_SLACK_S: Final = 1.0
_DURATION_SLACK_SHARE: Final = 0.01


def verify_encoding(
    target: Path, plan: VideoPlan, made: FfmpegProgress, task: Task
) -> tuple[str, ...]:
    """Raise EncodingError unless `target` is the upright mp4 that the plan describes.

    What could not be decoded is told in the notes that come back: all of the sound, or pictures.
    Raises CorruptMediaError where those are many.
    """
    picture, sound = _tracks(target, plan)
    if picture.samples != made.frames or made.frames == 0:
        raise _failed("frames", picture)
    length_s = max(_end_s(track) for track in (picture, sound) if track)
    if _is_shorter(length_s, made.decoded_s):
        raise _failed("duration", picture)
    if plan.is_picture_copied:
        _bears_copying(target, picture, plan, task)
    else:
        _decoded(target, "mp4", task, _both_ends(picture), plan)
    lost_sound = (LOST_SOUND,) if plan.audio and not sound else ()
    return (*lost_sound, *_notes_of_damage(plan, made))


def _notes_of_damage(plan: VideoPlan, made: FfmpegProgress) -> tuple[str, ...]:
    """Of pictures that are missing and complained of; without a complaint they were no pictures."""
    if plan.frames_due is None or made.frames >= plan.frames_due or not made.complaints:
        return ()
    if made.frames < plan.frames_due * (1 - _BORNE_DAMAGE):
        raise CorruptMediaError
    return ("A few pictures were damaged and are left out.",)


def _end_s(track: IndexedTrack) -> float:
    """When a track has been played: it may start late, which is written as an empty edit."""
    return track.duration_s + sum(edit.seconds for edit in track.edits if edit.from_s is None)


def verify_remux(target: Path, plan: VideoPlan, task: Task) -> None:
    """Raise EncodingError unless `target` is the plan's own kind of mp4 and sound all through.

    Every picture that stands for itself is decoded: none may have another size or be damaged.
    """
    picture, sound = _tracks(target, plan)
    if (sound is None) is not (plan.audio is None):
        raise _failed("sound", sound)
    _bears_copying(target, picture, plan, task)


def verify_copy(target: Path, format_name: str, plan: VideoPlan, task: Task) -> None:
    """Raise EncodingError unless `target` holds the source's picture and sound, and only those."""
    reader = by_name(format_name).reader
    answer = ask_ffprobe(target, reader, task.work_dir, task.deadline)
    kinds = sorted(stream.get("codec_type", "") for stream in answer["streams"])
    if kinds != (["audio", "video"] if plan.audio else ["video"]):
        raise _failed("tracks", answer)
    if _is_shorter(float(answer["format"].get("duration", 0)), plan.duration_s or 0.0):
        raise _failed("loss", answer)
    _decoded(target, format_name, task, ("-read_intervals", _FIRST_PACKETS), None)


def _tracks(target: Path, plan: VideoPlan) -> tuple[IndexedTrack, IndexedTrack | None]:
    tracks = [track for track in read_index(target) if track.samples]
    pictures = [track for track in tracks if track.kind == "vide"]
    sounds = [track for track in tracks if track.kind == "soun"]
    most_sounds = 0 if plan.audio is None else 1
    if len(pictures) != 1 or len(sounds) > most_sounds or len(tracks) > 1 + most_sounds:
        raise _failed("tracks", tracks)
    found = pictures[0].codec, round(pictures[0].width), round(pictures[0].height)
    if found != (_SAMPLE_ENTRIES[plan.codec], plan.width, plan.height):
        raise _failed("codec or size", found)
    if not pictures[0].is_upright:
        raise _failed("rotation", pictures[0])
    return pictures[0], sounds[0] if sounds else None


def _is_shorter(length_s: float, wanted_s: float) -> bool:
    return wanted_s - length_s > _DURATION_SLACK_S + _DURATION_SLACK_SHARE * wanted_s


def _both_ends(picture: IndexedTrack) -> tuple[str, str]:
    intervals = _FEW_PACKETS
    if picture.duration_s > _LONG_ENOUGH_S:
        intervals += f",{picture.duration_s - _LAST_SECONDS:.3f}{_FEW_PACKETS}"
    return "-read_intervals", intervals


def _bears_copying(target: Path, picture: IndexedTrack, plan: VideoPlan, task: Task) -> None:
    """Copying drops what comes before the first key picture, and passes damage on."""
    if plan.frame_count:
        is_whole = picture.samples >= plan.frame_count
    else:
        is_whole = not _is_shorter(picture.duration_s, plan.duration_s or 0.0)
    if not is_whole:
        raise _failed("loss", picture)
    if not _decoded(target, "mp4", task, _KEY_PICTURES, plan):
        raise _failed("damage", target)


def _decoded(
    target: Path, format_name: str, task: Task, which: tuple[str, ...], plan: VideoPlan | None
) -> bool:
    """Decode some pictures, of the plan's size if there is one; whether all went smoothly."""
    reader = by_name(format_name).reader
    try:
        pictures, is_complained_of = decode_pictures(
            target, reader, task.work_dir, task.deadline, which
        )
    except CorruptMediaError as error:
        raise _failed("decoding", target) from error  # the result is ours, not the sender's
    if missing_share(target, reader) > 0:
        raise _failed("length", target)
    if plan and set(pictures) != {(plan.width, plan.height)}:
        raise _failed("size of pictures", set(pictures))
    return not is_complained_of


def _failed(what: str, found: object) -> EncodingError:
    failure = EncodingError()
    failure.add_note(f"unexpected {what}: {found}")
    return failure
