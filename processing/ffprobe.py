"""Asks ffprobe about a file that nobody trusts."""

import json
import re
import time
from pathlib import Path
from typing import Any, Final

from compression_config import LIMITS
from errors import CorruptMediaError, EncodingError, LimitPixelsError, MediaProcessorError
from processing import encoder

# One demuxer is forced by the bytes we saw, and what it opens inside is held to this list, so that
# no playlist can name another file or host.
INPUT_GUARDS: Final = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,matroska,webm,avi,asf,flv,mpegts",
    "probesize": "20M",
    "analyzeduration": "20M",
}

_SHOWN: Final = (
    "format=duration:format_tags=artist,author,copyright:stream=index,codec_type,codec_name,"
    "profile,level,width,height,pix_fmt,field_order,sample_aspect_ratio,avg_frame_rate,nb_frames,"
    "color_range,color_space,color_transfer,color_primaries,channels,sample_rate,bit_rate:"
    "stream_disposition=default,attached_pic:stream_tags=alpha_mode,rotate:"
    "stream_side_data=rotation,displaymatrix"
)
_PROBE_TIME_S: Final = 20.0
# What ffmpeg says where it refuses what it was told to do, whatever it reads.
_REFUSED_COMMAND: Final = re.compile(
    r"Error while filtering|Error (?:re)?initializing filter|Error parsing (?:a )?filter"
    r"|Error (?:applying|setting) option|Error while opening encoder|Unknown (?:en|de)coder"
    r"|Unrecognized option|Option not found"
)


def ask_ffprobe(
    source: Path,
    demuxer: str,
    work_dir: Path,
    deadline: float,
    *,
    decoded_interval: str | None = None,
) -> dict[str, Any]:
    """Ffprobe's answer about `source`, read as `demuxer` and nothing else.

    With `decoded_interval` (ffprobe's -read_intervals) the frames in it are decoded, too. Raises
    CorruptMediaError when ffprobe cannot make sense of the file.
    """
    guards = [word for key, value in INPUT_GUARDS.items() for word in (f"-{key}", value)]
    shown = _SHOWN
    if decoded_interval:
        shown = f"{_SHOWN}:frame=media_type"
        guards += ["-read_intervals", decoded_interval]
    argv = [
        *("ffprobe", "-v", "error", "-of", "json", "-f", demuxer, *guards),
        *("-max_streams", str(LIMITS.max_streams), "-max_pixels", str(LIMITS.max_video_pixels)),
        *("-show_entries", shown, "-i", f"file:{source}"),
    ]
    bounds = encoder.Bounds(
        deadline=min(deadline, time.monotonic() + _PROBE_TIME_S),
        memory_bytes=LIMITS.video_memory_bytes,
        file_bytes=0,
    )
    finished = encoder.run(argv, cwd=work_dir, bounds=bounds)
    if finished.status != 0:
        raise decoding_failure(finished)
    answer: dict[str, Any] = json.loads(finished.output)
    return answer


def decoding_failure(finished: encoder.Finished) -> Exception:
    """Why ffmpeg or ffprobe gave a file up: too many pixels in a frame, our command, or damage."""
    failure: MediaProcessorError = CorruptMediaError()
    if "exceeds specified max pixel count" in finished.errors:
        failure = LimitPixelsError()
    elif _REFUSED_COMMAND.search(finished.errors):
        failure = EncodingError()  # the sender's file may well be sound
    failure.add_note(finished.errors)
    return failure
