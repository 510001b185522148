"""Asks ffprobe about a file that nobody trusts."""

import json
import math
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from compression_config import LIMITS
from errors import (
    CorruptMediaError,
    EncoderKilledError,
    EncodingError,
    LimitPixelsError,
    MediaProcessorError,
)
from processing.sandbox.watch import Finished
from processing.video.ffmpeg import GUARD_WORDS, run_ffmpeg

_SHOWN: Final = (
    "format=duration,start_time:format_tags=artist,author,copyright:stream=index,codec_type,codec_name,"
    "profile,level,width,height,pix_fmt,field_order,sample_aspect_ratio,avg_frame_rate,nb_frames,"
    "time_base,color_range,color_space,color_transfer,color_primaries,channels,channel_layout,"
    "sample_fmt,sample_rate,bit_rate,start_time,duration:stream_disposition:"
    "stream_tags=alpha_mode,rotate,language,title,handler_name,DURATION:"
    "stream_side_data=side_data_type,rotation,displaymatrix,dv_profile:"
    "program=program_id:program_stream=index"
)
_SHOWN_FRAMES: Final = "frame=width,height"
_TOO_MANY_PIXELS: Final = "exceeds specified max pixel count"
_INVALID_SIZE: Final = re.compile(r"Picture size (\d+)x(\d+) is invalid")  # mostly far too large
_UNOPENED: Final = re.compile(r"Could not open codec for input stream (\d+)")
_UNDECODABLE: Final = re.compile(r"Unsupported codec with id \d+ for input stream (\d+)")
_REFUSED_ROOM: Final = "Cannot allocate memory"
_PROBE_TIME_S: Final = 20.0
# Ffmpeg says so where it refuses what it was told to do, whatever it reads.
_REFUSED_COMMAND: Final = re.compile(
    r"Error while filtering|Error (?:re)?initializing filter|Error parsing (?:a )?filter"
    r"|Error (?:applying|setting) option|Error while opening encoder|Unknown (?:en|de)coder"
    r"|Too many packets buffered|Unrecognized option|Option not found"
)


class UnopenedTrackError(CorruptMediaError):
    """A track of the file cannot be opened."""

    def __init__(self, stream: int) -> None:
        """`stream` is its index."""
        super().__init__()
        self.stream = stream


def ask_ffprobe(source: Path, demuxer: str, work_dir: Path, deadline: float) -> dict[str, Any]:
    """Ffprobe's answer about `source`, read as `demuxer` and nothing else.

    A codec for which there is no decoder is called unknown.

    Raises CorruptMediaError when ffprobe cannot make sense of the file, and as its subclass
    UnopenedTrackError of one track; LimitPixelsError where no frame in it is small enough to be
    looked at.
    """
    probing_until = min(deadline, time.monotonic() + _PROBE_TIME_S)
    try:
        answer, complaints = _answer(
            source, demuxer, work_dir, probing_until, ["-show_entries", _SHOWN]
        )
    except EncoderKilledError as error:
        if any(_REFUSED_ROOM in note for note in getattr(error, "__notes__", [])):
            raise CorruptMediaError from error  # No honest header asks for all that we allow.
        raise
    streams = answer.get("streams", [])
    for index in map(int, _UNDECODABLE.findall(complaints)):
        streams[index]["codec_name"] = "unknown"
    is_any_seen = any("pix_fmt" in stream and stream.get("width") for stream in streams)
    if _is_of_size(complaints) and not is_any_seen:
        raise LimitPixelsError
    return answer


def decode_frames(
    source: Path, demuxer: str, work_dir: Path, deadline: float, which: Sequence[str]
) -> list[tuple[int, int]]:
    """The sizes of decoded frames of the first video track.

    `which` are ffprobe's options that choose them, like -read_intervals or -skip_frame. Raises
    CorruptMediaError when there is nothing to decode.
    """
    shown = ["-select_streams", "V:0", *which, "-show_entries", _SHOWN_FRAMES]
    answer, _ = _answer(source, demuxer, work_dir, deadline, shown)
    sizes = [(one["width"], one["height"]) for one in answer.get("frames", []) if "width" in one]
    if not sizes:
        raise CorruptMediaError
    return sizes


def decoding_failure(finished: Finished) -> Exception:
    """Why ffmpeg or ffprobe gave a file up: too many pixels in a frame, our command, or damage."""
    failure: MediaProcessorError = CorruptMediaError()
    if _is_of_size(finished.errors):
        failure = LimitPixelsError()
    elif _REFUSED_COMMAND.search(finished.errors):
        failure = EncodingError()  # The sender's file may well be sound.
    failure.add_note(finished.errors)
    return failure


def _is_of_size(complaints: str) -> bool:
    """Whether it is the size of a frame that is complained of."""
    sides = (map(int, found) for found in _INVALID_SIZE.findall(complaints))
    is_huge = any(math.prod(pair) > LIMITS.max_video_pixels for pair in sides)
    return is_huge or _TOO_MANY_PIXELS in complaints


def _answer(
    source: Path, demuxer: str, work_dir: Path, deadline: float, wanted: Sequence[str]
) -> tuple[dict[str, Any], str]:
    argv = [
        *("ffprobe", "-v", "warning", "-of", "json", "-f", demuxer, *GUARD_WORDS),
        *("-max_streams", str(LIMITS.max_streams), "-max_pixels", str(LIMITS.max_video_pixels)),
        *wanted,
        *("-i", f"file:{source}"),
    ]
    finished = run_ffmpeg(argv, work_dir, deadline)
    if finished.status != 0:
        unopened = _UNOPENED.search(finished.errors)
        if unopened and not _is_of_size(finished.errors):
            raise UnopenedTrackError(int(unopened[1]))
        raise decoding_failure(finished)
    answer: dict[str, Any] = json.loads(finished.output)
    return answer, finished.errors
