"""Says what this machine lacks for the work, or has in an unsafe age."""

import re
import shutil
import subprocess
from importlib import metadata
from typing import Final

from processing.targets import VIDEO_CODECS

_BINARIES: Final = ("ffmpeg", "ffprobe", "prlimit", "setpriv")
_FALLBACK_ENCODERS: Final = (VIDEO_CODECS["h264"].encoder, "aac")
_FILTERS: Final = (
    *("scale", "zscale", "lut3d", "bwdif", "transpose", "select", "setsar", "setparams"),
    *("overlay", "drawbox", "pan", "aresample", "vif", "signalstats"),
)
# The oldest releases without a known hole in what they read: Pillow's wheels bring libwebp,
# libavif, libtiff and libjpeg-turbo along, pillow-heif's bring libheif and libde265.
_OLDEST: Final = {"pillow": (12, 3), "pillow-heif": (1, 4)}
_NUMBERS: Final = re.compile(r"\d+")
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


def outdated_libraries() -> list[str]:
    """The libraries that are missing or too old, each with what it should be; empty: all is well.

    Read from what is installed; nothing of it is imported.
    """
    return [f"{name} >= {_dotted(oldest)}" for name, oldest in _OLDEST.items() if _is_older(name)]


def _missing(video_output: str) -> list[str]:
    missing = outdated_libraries()
    missing += [name for name in _BINARIES if shutil.which(name) is None]
    if "ffmpeg" in missing:
        return missing
    encoders = dict.fromkeys([VIDEO_CODECS[video_output].encoder, *_FALLBACK_ENCODERS])
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


def _is_older(name: str) -> bool:
    try:
        installed = metadata.version(name)
    except metadata.PackageNotFoundError:
        return True
    return tuple(map(int, _NUMBERS.findall(installed)[:2])) < _OLDEST[name]


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
