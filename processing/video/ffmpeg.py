"""Runs ffmpeg and ffprobe in the sandbox."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from compression_config import LIMITS
from processing.sandbox import program
from processing.sandbox.limits import Bounds
from processing.sandbox.watch import Finished, Listener

# One demuxer is forced by the bytes we saw, and what it opens inside is held to this list, so that
# no playlist can name another file or host.
INPUT_GUARDS: Final[Mapping[str, str]] = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,matroska,webm,avi,asf,flv,mpegts,mpeg,ogg,mxf,dv",
    "probesize": "20M",
    "analyzeduration": "20M",
}
# Of a command line that is written out.
GUARD_WORDS: Final = tuple(w for key, value in INPUT_GUARDS.items() for w in (f"-{key}", value))


def run_ffmpeg(
    command: Sequence[str],
    work_dir: Path,
    deadline: float,
    *,
    file_bytes: int = 0,
    listener: Listener | None = None,
) -> Finished:
    """Run ffmpeg or ffprobe in `work_dir`; it may write files of `file_bytes`.

    Promises and raises what program.run does.
    """
    bounds = Bounds(deadline, LIMITS.video_memory_bytes, file_bytes)
    return program.run(command, cwd=work_dir, bounds=bounds, listener=listener)
