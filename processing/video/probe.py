"""Measures a video: what its bytes and ffprobe say is inside."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from compression_config import LIMITS
from errors import CorruptMediaError, LimitDurationError, LimitFramesError, UnsupportedMediaError
from processing.formats import Format
from processing.isobmff.mp4_index import read_index
from processing.isobmff.mp4_size_claims import refuse_false_claims
from processing.video.encryption import is_encrypted
from processing.video.ffprobe import ask_ffprobe
from processing.video.tracks import AudioTrack, VideoTrack, main_audio, main_video
from processing.video.truncation import missing_share

_TOLERATED_MISSING_SHARE: Final = 0.05
# The names of the notices in the file, and mp4's names of them.
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
    has_lost_sound: bool = False  # There is sound, but of no kind that can be decoded.
    is_cut_by_edits: bool = False  # An edit list shows only some of the samples, or repeats them.
    rights: tuple[tuple[str, str], ...] = ()  # notices of author and rights, by mp4's names

    @property
    def video_kbps(self) -> float | None:
        """Bits that the video stream takes, in kbit/s; None when nothing tells.

        Only mp4 and mov count their bytes by track; elsewhere it is the whole file but the sound.
        """
        if self.format.reader == "mov" and self.video.bit_rate:
            return self.video.bit_rate / 1000
        if not self.duration_s:
            return None
        return self.size_bytes * 8 / 1000 / self.duration_s


def probe_video(source: Path, found: Format, work_dir: Path, deadline: float) -> VideoInfo:
    """The facts of a video, from its headers and first packets.

    Raises CorruptMediaError, NoVideoError (sound or a cover only), UnsupportedMediaError
    (encrypted) or a Limit error; nothing but headers and a few frames is decoded before.
    """
    missing = missing_share(source, found.reader)
    if missing > _TOLERATED_MISSING_SHARE:
        raise CorruptMediaError
    if found.reader == "mov":
        refuse_false_claims(source)
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
