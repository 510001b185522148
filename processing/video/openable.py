"""Takes tracks out of a file that this ffprobe cannot open: it would give up the whole file."""

import re
from pathlib import Path
from typing import Any, Final, NamedTuple

from errors import CorruptMediaError
from processing.formats import Format
from processing.targets import VIDEO_TARGETS
from processing.video.ffmpeg import GUARD_WORDS, run_ffmpeg
from processing.video.ffprobe import UnopenedTrackError, ask_ffprobe

_MOST_TRACKS: Final = 8  # that are taken out
_NAME: Final = "openable"
_KIND: Final = r"Stream #0:{}\b.*?: (Video|Audio|Data|Subtitle)"
_SLACK_BYTES: Final = 1024 * 1024


class Opened(NamedTuple):
    """What ffprobe says of a file, and of which."""

    answer: dict[str, Any]
    source: Path  # the file itself, or a copy without what cannot be opened
    kinds_left_out: frozenset[str]  # Audio, Video and the like, in ffmpeg's words


def ask_what_opens(source: Path, found: Format, work_dir: Path, deadline: float) -> Opened:
    """Ffprobe's answer about all tracks of `source` that can be opened.

    Where one cannot, the others are copied into a file in `work_dir` first. Raises what ask_ffprobe
    does, and CorruptMediaError where nothing can be opened.
    """
    kinds: frozenset[str] = frozenset()
    seen = source
    for number in range(_MOST_TRACKS):
        try:
            return Opened(ask_ffprobe(seen, found.reader, work_dir, deadline), seen, kinds)
        except UnopenedTrackError as error:
            target = work_dir / f"{_NAME}-{number}"
            kinds |= _copy_without(error.stream, seen, target, found, deadline)
            if seen != source:
                seen.unlink()
            seen = target
    raise CorruptMediaError


def remove_copies(work_dir: Path) -> None:
    """What ask_what_opens() made; harmless where it made nothing."""
    for copy in work_dir.glob(f"{_NAME}-*"):
        copy.unlink(missing_ok=True)


def _copy_without(
    stream: int, source: Path, target: Path, found: Format, deadline: float
) -> frozenset[str]:
    argv = [
        *("ffmpeg", "-hide_banner", "-nostdin", "-nostats", "-v", "info", "-f", found.reader),
        *(*GUARD_WORDS, "-i", f"file:{source}", "-map", "0:v?", "-map", "0:a?"),
        *("-map", f"-0:{stream}", "-c", "copy", "-copyinkf", "-strict", "unofficial"),
        *("-f", VIDEO_TARGETS[found.name].writer, "-y", f"file:{target}"),
    ]
    most_bytes = source.stat().st_size + _SLACK_BYTES
    finished = run_ffmpeg(argv, target.parent, deadline, file_bytes=most_bytes)
    if finished.status != 0:
        raise CorruptMediaError
    return frozenset(re.findall(_KIND.format(stream), finished.errors)[:1])
