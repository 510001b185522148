"""Measures a file: what it is by its bytes, and what ffprobe says is inside."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from compression_config import LIMITS
from errors import (
    CorruptMediaError,
    EmptyFileError,
    LimitDurationError,
    LimitFramesError,
    LimitSizeError,
    UnsupportedMediaError,
)
from processing.formats import HEAD_BYTES, Format, sniff
from processing.mp4.hollow_index import refuse_hollow_index
from processing.mp4.index import read_index
from processing.video.encryption import is_encrypted
from processing.video.ffprobe import ask_ffprobe
from processing.video.tracks import AudioTrack, VideoTrack, main_audio, main_video
from processing.video.truncation import missing_share

_TOLERATED_MISSING_SHARE: Final = 0.05
# What the notices are called in the file, and what mp4 calls them.
_RIGHTS: Final = {"artist": "artist", "author": "artist", "copyright": "copyright"}
_MAX_NOTICE_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """The measured facts of a video file."""

    format: Format
    size_bytes: int
    duration_s: float | None  # as claimed by the container, which may lie
    video: VideoTrack
    audio: AudioTrack | None
    is_cut_short: bool  # a little of its end is missing
    has_other_streams: bool  # data, subtitles, covers, further tracks: none is kept
    has_lost_sound: bool = False  # there is sound, but of no kind that can be decoded
    is_cut_by_edits: bool = False  # an edit list shows only some of the samples, or repeats them
    rights: tuple[tuple[str, str], ...] = ()  # notices of author and rights, by mp4's names

    @property
    def picture_kbps(self) -> float | None:
        """Bits that the picture takes, in kbit/s; None when nothing tells.

        Only mp4 and mov count their bytes by track; elsewhere it is the whole file but the sound.
        """
        if self.format.reader == "mov" and self.video.bit_rate:
            return self.video.bit_rate / 1000
        if not self.duration_s:
            return None
        return self.size_bytes * 8 / 1000 / self.duration_s


def identify(source: Path) -> Format:
    """What `source` is, by its first bytes alone.

    Raises EmptyFileError, LimitSizeError or UnsupportedMediaError.
    """
    size_bytes = source.stat().st_size
    if size_bytes == 0:
        raise EmptyFileError
    if size_bytes > LIMITS.max_file_bytes:
        raise LimitSizeError
    with source.open("rb") as file:
        found = sniff(file.read(HEAD_BYTES))
    if found is None:
        raise UnsupportedMediaError
    if found.kind == "image" and size_bytes > LIMITS.max_image_bytes:
        raise LimitSizeError
    return found


def probe_video(source: Path, found: Format, work_dir: Path, deadline: float) -> VideoInfo:
    """The facts of a video, from its headers and first packets.

    Raises CorruptMediaError, NoVideoError (sound or a cover only), UnsupportedMediaError
    (encrypted) or a Limit error; nothing but headers and a few frames is decoded before.
    """
    missing = missing_share(source, found.reader)
    if missing > _TOLERATED_MISSING_SHARE:
        raise CorruptMediaError
    if found.reader == "mov":
        refuse_hollow_index(source)
    if is_encrypted(source, found.reader):
        raise UnsupportedMediaError("The video is encrypted; upload it without copy protection.")
    answer = ask_ffprobe(source, found.reader, work_dir, deadline)
    streams = answer.get("streams", [])
    audio = main_audio(streams)
    info = VideoInfo(
        format=found,
        size_bytes=source.stat().st_size,
        duration_s=_positive(answer.get("format", {}).get("duration")),
        video=main_video(streams),
        audio=audio,
        is_cut_short=missing > 0,
        has_other_streams=len(streams) > 1 + (audio is not None),
        has_lost_sound=audio is None
        and any(stream.get("codec_type") == "audio" for stream in streams),
        is_cut_by_edits=found.reader == "mov"
        and any(track.is_cut_by_edits for track in read_index(source)),
        rights=_rights(answer.get("format", {}).get("tags", {})),
    )
    _refuse_excess(info)
    return info


def _refuse_excess(info: VideoInfo) -> None:
    track = info.video
    rate = track.frame_rate or 0.0
    frames = track.frame_count or 0
    is_absurdly_fast = (
        rate > LIMITS.max_source_frame_rate and frames > 10 * LIMITS.max_source_frame_rate
    )
    if frames > LIMITS.max_video_frames or is_absurdly_fast:
        raise LimitFramesError("The video has more frames than this service accepts.")
    duration_s = info.duration_s or 0.0
    # Headers lie: a long claim counts only when there are bytes to fill it.
    if duration_s > LIMITS.max_video_duration_s and info.size_bytes > duration_s * 1000:
        raise LimitDurationError


def _rights(tags: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for name, value in tags.items():
        kept_as = _RIGHTS.get(name.lower())
        notice = "".join(filter(str.isprintable, str(value)))[:_MAX_NOTICE_CHARACTERS].strip()
        if kept_as and notice:
            found.setdefault(kept_as, notice)
    return tuple(found.items())


def _positive(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if value > 0 else None
