"""Measures a file: what it is by its bytes, and what ffprobe says is inside."""

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from compression_config import LIMITS
from errors import (
    CorruptMediaError,
    EmptyFileError,
    LimitDurationError,
    LimitFramesError,
    LimitPixelsError,
    LimitSizeError,
    NoVideoError,
    UnsupportedMediaError,
)
from processing.ffprobe import ask_ffprobe
from processing.formats import HEAD_BYTES, Format, sniff
from processing.truncation import missing_share

_TOLERATED_MISSING_SHARE: Final = 0.05
_HDR_TRANSFERS: Final = frozenset({"smpte2084", "arib-std-b67"})
_ALPHA_PIXELS: Final = re.compile(r"yuva|argb|abgr|rgba|bgra|gbrap|ya8|ya16|pal8")
_STILL_CODECS: Final = frozenset({"mjpeg", "png", "bmp", "gif", "webp", "tiff"})
_INTERLACED: Final = frozenset({"tt", "bb", "tb", "bt"})


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """One moving picture inside a container, as stored, before it is turned."""

    index: int
    codec: str
    width: int
    height: int
    pixel_shape: Fraction  # width of one pixel over its height
    rotation_deg: int  # 0, 90, 180 or 270: how far a player turns it
    frame_rate: float | None  # on average
    frame_count: int | None  # what the container claims
    pixel_format: str
    is_interlaced: bool
    has_alpha: bool
    color_range: str
    color_matrix: str
    color_primaries: str
    color_transfer: str

    @property
    def is_hdr(self) -> bool:
        """Whether the light is coded for a display brighter than the web's."""
        return self.color_transfer in _HDR_TRANSFERS

    @property
    def shown_size(self) -> tuple[float, float]:
        """Width and height in square pixels, after turning."""
        width, height = float(self.width * self.pixel_shape), float(self.height)
        return (height, width) if self.rotation_deg in {90, 270} else (width, height)


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """One sound track inside a container."""

    index: int
    codec: str
    profile: str
    channels: int
    sample_rate_hz: int
    bit_rate: int | None


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
    return found


def probe_video(source: Path, found: Format, work_dir: Path, deadline: float) -> VideoInfo:
    """The facts of a video, from its headers and first packets.

    Raises CorruptMediaError, NoVideoError (sound or a cover only) or a Limit error; nothing but
    headers and a few frames is decoded before.
    """
    missing = missing_share(source, found.reader)
    if missing > _TOLERATED_MISSING_SHARE:
        raise CorruptMediaError
    answer = ask_ffprobe(source, found.reader, work_dir, deadline)
    streams = answer.get("streams", [])
    track = _main_video(streams)
    info = VideoInfo(
        format=found,
        size_bytes=source.stat().st_size,
        duration_s=_positive(answer.get("format", {}).get("duration")),
        video=track,
        audio=_main_audio(streams),
        is_cut_short=missing > 0,
        has_other_streams=len(streams) > 1 + (_main_audio(streams) is not None),
    )
    _refuse_excess(info)
    return info


def _main_video(streams: list[dict[str, Any]]) -> VideoTrack:
    """The first track that really moves; covers and the stills of motion photos come last."""

    def rank(stream: dict[str, Any]) -> tuple[bool, bool, int]:
        frames = _count(stream.get("nb_frames"))
        moves = stream["codec_name"] not in _STILL_CODECS if frames is None else frames > 2
        return (not moves, not stream["disposition"].get("default"), stream["index"])

    candidates = [stream for stream in streams if _is_picture_track(stream)]
    if not candidates:
        raise NoVideoError
    return _video_track(min(candidates, key=rank))


def _is_picture_track(stream: dict[str, Any]) -> bool:
    return (
        stream.get("codec_type") == "video"
        and not stream["disposition"].get("attached_pic")
        and stream.get("codec_name", "none") not in {"none", "unknown"}
    )


def _video_track(stream: dict[str, Any]) -> VideoTrack:
    tags = {name.lower(): value for name, value in stream.get("tags", {}).items()}
    pixel_format = stream.get("pix_fmt", "")
    if not (stream.get("width") and stream.get("height") and pixel_format):
        raise CorruptMediaError
    return VideoTrack(
        index=stream["index"],
        codec=stream["codec_name"],
        width=stream["width"],
        height=stream["height"],
        pixel_shape=_ratio(stream.get("sample_aspect_ratio", "").replace(":", "/")) or Fraction(1),
        rotation_deg=_rotation_deg(stream),
        frame_rate=_rate(stream.get("avg_frame_rate")),
        frame_count=_count(stream.get("nb_frames")),
        pixel_format=pixel_format,
        is_interlaced=stream.get("field_order") in _INTERLACED,
        has_alpha=bool(_ALPHA_PIXELS.match(pixel_format)) or tags.get("alpha_mode") == "1",
        color_range=stream.get("color_range", "unknown"),
        color_matrix=stream.get("color_space", "unknown"),
        color_primaries=stream.get("color_primaries", "unknown"),
        color_transfer=stream.get("color_transfer", "unknown"),
    )


def _main_audio(streams: list[dict[str, Any]]) -> AudioTrack | None:
    """The default sound track, else the first one that can be decoded."""
    candidates = [
        stream
        for stream in streams
        if stream.get("codec_type") == "audio"
        and stream.get("codec_name", "none") not in {"none", "unknown"}
        and stream.get("channels", 0) > 0
        and int(stream.get("sample_rate", 0)) > 0
    ]
    if not candidates:
        return None
    stream = min(candidates, key=lambda one: (not one["disposition"].get("default"), one["index"]))
    return AudioTrack(
        index=stream["index"],
        codec=stream["codec_name"],
        profile=stream.get("profile", ""),
        channels=stream["channels"],
        sample_rate_hz=int(stream["sample_rate"]),
        bit_rate=_count(stream.get("bit_rate")),
    )


def _refuse_excess(info: VideoInfo) -> None:
    track = info.video
    if track.width * track.height > LIMITS.max_video_pixels:
        raise LimitPixelsError
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


def _rotation_deg(stream: dict[str, Any]) -> int:
    for side_data in stream.get("side_data_list", []):
        if "rotation" in side_data:
            return round(-float(side_data["rotation"]) / 90) * 90 % 360
    return 0


def _ratio(text: str | None) -> Fraction | None:
    try:
        ratio = Fraction(text or "")
    except (ValueError, ZeroDivisionError):
        return None
    return ratio if ratio > 0 else None


def _rate(text: str | None) -> float | None:
    ratio = _ratio(text)
    return None if ratio is None else float(ratio)


def _count(text: str | int | None) -> int | None:
    return int(text) if text is not None and str(text).isdigit() else None


def _positive(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if value > 0 else None
