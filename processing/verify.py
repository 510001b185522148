"""Opens a finished video again, as a stranger would, and compares it with its plan.

Decoding a whole result costs a tenth of its encoding, so one ffprobe call (70 ms) must do: it
reads the index, decodes the first frames of each track, and the file must have all the bytes that
its boxes promise, with as many frames as the encoder says it made.
"""

from pathlib import Path
from typing import Any, Final

from errors import CorruptMediaError, EncodingError
from processing.ffmpeg_progress import FfmpegProgress
from processing.ffprobe import ask_ffprobe
from processing.formats import by_name
from processing.plan_video import VideoPlan
from processing.task import Task
from processing.truncation import missing_share

_FIRST_PACKETS: Final = "%+#24"
_DURATION_SLACK_S: Final = 1.0
_DURATION_SLACK_SHARE: Final = 0.01


def verify_encoding(
    target: Path, plan: VideoPlan, made: FfmpegProgress, task: Task
) -> tuple[str, ...]:
    """Raise EncodingError unless `target` is the upright mp4 that the plan describes.

    A sound track of which nothing could be decoded is told in the notes that come back.
    """
    answer = _opened(target, "mp4", task)
    video, audio = _tracks(answer, "video"), _tracks(answer, "audio")
    if len(video) != 1 or len(audio) > (plan.audio is not None):
        raise _failed("tracks", answer)
    track = video[0]
    found = track["codec_name"], track["width"], track["height"]
    if found != (plan.codec, plan.width, plan.height):
        raise _failed("codec or size", answer)
    if any("rotation" in side_data for side_data in track.get("side_data_list", [])):
        raise _failed("rotation", answer)
    if int(track.get("nb_frames", 0)) != made.frames or made.frames == 0:
        raise _failed("frames", answer)
    lost_s = made.decoded_s - float(answer["format"].get("duration", 0))
    if lost_s > _DURATION_SLACK_S + _DURATION_SLACK_SHARE * made.decoded_s:
        raise _failed("duration", answer)
    return ("The sound could not be decoded.",) if plan.audio and not audio else ()


def verify_copy(target: Path, format_name: str, plan: VideoPlan, task: Task) -> None:
    """Raise EncodingError unless `target` holds the source's picture and sound, and only those."""
    answer = _opened(target, format_name, task)
    wanted = 1 + (plan.audio is not None)
    if len(_tracks(answer, "video")) != 1 or len(answer["streams"]) != wanted:
        raise _failed("tracks", answer)


def _opened(target: Path, format_name: str, task: Task) -> dict[str, Any]:
    reader = by_name(format_name).reader
    try:
        answer = ask_ffprobe(
            target, reader, task.work_dir, task.deadline, decoded_interval=_FIRST_PACKETS
        )
    except CorruptMediaError as error:
        raise EncodingError from error  # the result is ours, not the sender's
    frames = answer.get("frames", [])
    if missing_share(target, reader) > 0 or not any(
        frame.get("media_type") == "video" for frame in frames
    ):
        raise _failed("decoding", answer)
    return answer


def _tracks(answer: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [stream for stream in answer["streams"] if stream.get("codec_type") == kind]


def _failed(what: str, answer: dict[str, Any]) -> EncodingError:
    failure = EncodingError()
    failure.add_note(f"unexpected {what}: {answer['format']} {answer['streams']}")
    return failure
