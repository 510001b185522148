"""Says what this machine lacks for the work."""

import functools
import shutil
import subprocess
from typing import Final

from processing.versions import outdated_libraries

_BINARIES: Final = ("ffmpeg", "ffprobe", "prlimit", "setpriv")
_VIDEO_ENCODERS: Final = {"h264": "libx264", "av1": "libsvtav1"}
_FALLBACK_ENCODERS: Final = ("libx264", "aac")
_FILTERS: Final = (
    "scale",
    "zscale",
    "lut3d",
    "bwdif",
    "transpose",
    "select",
    "setsar",
    "setparams",
    "overlay",
    "drawbox",
)
_TIMEOUT_S: Final = 20


@functools.cache
def missing_tools(video_output: str = "h264") -> list[str]:
    """Binaries, encoders, filters and libraries that this machine lacks, or has in an unsafe age.

    `video_output` is what videos are made into, h264 or av1. Asked once per process (a fifth of a
    second); empty when all is well.
    """
    missing = outdated_libraries()
    missing += [name for name in _BINARIES if shutil.which(name) is None]
    if "ffmpeg" in missing:
        return missing
    encoders = dict.fromkeys([_VIDEO_ENCODERS[video_output], *_FALLBACK_ENCODERS])
    for kind, names in (("encoders", encoders), ("filters", _FILTERS)):
        offered = _offered(kind)
        missing += [f"{name} (ffmpeg -{kind})" for name in names if name not in offered]
    return missing


def _offered(kind: str) -> set[str]:
    answer = subprocess.run(
        ["ffmpeg", "-hide_banner", f"-{kind}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    rows = (line.split() for line in answer.stdout.splitlines())
    return {row[1] for row in rows if len(row) > 1}
