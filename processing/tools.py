"""Says what this machine lacks for the work."""

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
    "pan",
    "aresample",
    "vif",
    "signalstats",
)
_TIMEOUT_S: Final = 10
_FOUND_WHOLE: Final[set[str]] = set()


def missing_tools(video_output: str = "h264") -> list[str]:
    """Binaries, encoders, filters and libraries that this machine lacks, or has in an unsafe age.

    `video_output` is what videos are made into, h264 or av1. Empty when all is well, which is then
    not asked again; what is missing may be there a moment later.
    """
    if video_output not in _FOUND_WHOLE:
        missing = _missing(video_output)
        if missing:
            return missing
        _FOUND_WHOLE.add(video_output)
    return []


def _missing(video_output: str) -> list[str]:
    missing = outdated_libraries()
    missing += [name for name in _BINARIES if shutil.which(name) is None]
    if "ffmpeg" in missing:
        return missing
    encoders = dict.fromkeys([_VIDEO_ENCODERS[video_output], *_FALLBACK_ENCODERS])
    try:
        for kind, names in (("encoders", encoders), ("filters", _FILTERS)):
            offered = _offered(kind)
            missing += [f"{name} (ffmpeg -{kind})" for name in names if name not in offered]
    except (OSError, subprocess.SubprocessError):
        missing.append("ffmpeg (it does not answer)")
    return missing


def _offered(kind: str) -> set[str]:
    answer = subprocess.run(
        ["ffmpeg", "-hide_banner", f"-{kind}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=True,
    )
    rows = (line.split() for line in answer.stdout.splitlines())
    return {row[1] for row in rows if len(row) > 1}
