"""Reads ffprobe's answer: which video of a file is meant, and what it is."""

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from compression_config import LIMITS
from errors import CorruptMediaError, LimitPixelsError, NoVideoError, UnsupportedMediaError
from processing.video.container_crop import Crop

_HDR_TRANSFERS: Final = frozenset({"smpte2084", "arib-std-b67"})
_WIDE_PRIMARIES: Final = frozenset({"bt2020", "smpte432", "smpte431"})
_TELEVISION_CODECS: Final = frozenset({"dvvideo", "mpeg2video", "mpeg4", "vc1", "wmv3"})
_ALPHA_PIXELS: Final = re.compile(r"yuva|argb|abgr|rgba|bgra|gbrap|ya8|ya16|pal8")
_STILL_CODECS: Final = frozenset({"mjpeg", "png", "bmp", "gif", "webp", "tiff"})
_NO_CODECS: Final = frozenset({"none", "unknown"})
_NO_BASE_PROFILE: Final = 5  # of Dolby Vision: colours of its own kind, which nothing here converts
_SECONDS: Final = re.compile(r"\d{1,9}(?:\.\d+)?")
_PROJECTIONS: Final = frozenset({"Spherical Mapping", "Stereo 3D"})
_FINE_CLOCK: Final = "1/90000"
_INTERLACED: Final = frozenset({"tt", "bb", "tb", "bt"})


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """One video track inside a container, as stored, before it is turned."""

    index: int
    codec: str
    profile: str
    level: int  # as ffprobe counts it: H.264's 3.1 is 31; 0 or less: unknown
    width: int
    height: int
    pixel_shape: Fraction  # width of one pixel over its height
    rotation_deg: int  # 0, 90, 180 or 270: how far a player turns it
    is_turned_by_tag: bool  # by an old tag, which ffmpeg overlooks; else by a matrix
    is_mirrored: bool
    frame_rate: float | None  # on average
    frame_count: int | None  # what the container claims
    bit_rate: int | None  # what the container claims
    pixel_format: str
    is_interlaced: bool
    may_be_interlaced: bool  # of an old television codec, with only its frames to tell
    has_alpha: bool
    color_range: str
    color_matrix: str
    color_primaries: str
    color_transfer: str
    clock: str = _FINE_CLOCK  # seconds in one tick of its times, as a fraction
    shown_s: float | None = None  # from its first frame to the end of its last, where it is told
    crop: tuple[int, int, int, int] | None = None  # what is shown of a frame: sides, left, top
    is_cropped_by_ffmpeg: bool = False
    has_projection: bool = False  # of 360 degrees, or for two eyes: players have to be told
    changes_shape: bool = False  # in mid-stream; the sides are those of its main shape

    @property
    def is_hdr(self) -> bool:
        """Whether the light is coded for a display brighter than the web's."""
        return self.color_transfer in _HDR_TRANSFERS

    @property
    def is_wide(self) -> bool:
        """Whether its colours may leave what standard video can hold, by brightness or by hue."""
        return self.is_hdr or self.color_primaries in _WIDE_PRIMARIES

    @property
    def shown_size(self) -> tuple[float, float]:
        """Width and height in square pixels, after turning."""
        width, height = float(self.width * self.pixel_shape), float(self.height)
        return (height, width) if self.rotation_deg in {90, 270} else (width, height)


def main_video(streams: list[dict[str, Any]]) -> VideoTrack:
    """The largest default track that moves; covers and the stills of motion photos come last.

    What is made for some viewers comes after what is for all.

    Raises NoVideoError when there is none, UnsupportedMediaError when none can be decoded,
    LimitPixelsError, and CorruptMediaError when it tells nothing of itself.
    """

    def rank(stream: dict[str, Any]) -> tuple[bool, bool, bool, int, int]:
        frames = _count(stream.get("nb_frames"))
        moves = stream["codec_name"] not in _STILL_CODECS if frames is None else frames > 2
        is_default = bool(stream["disposition"].get("default"))
        pixels = stream.get("width", 0) * stream.get("height", 0)
        return (not moves, _is_for_some(stream), not is_default, -pixels, stream["index"])

    moving = [stream for stream in streams if _is_video(stream)]
    if not moving:
        raise NoVideoError
    known = [one for one in moving if one.get("codec_name", "none") not in _NO_CODECS]
    candidates = [one for one in known if one.get("pix_fmt")] or known
    if not candidates:
        raise UnsupportedMediaError("The video is of a kind that this service cannot decode.")
    stream = min(candidates, key=rank)
    return _with_side_data(_video_track(stream), stream)


def cropped(track: VideoTrack, crop: Crop | None) -> VideoTrack:
    """The track with what its container shows of it; what is turned, or done by ffmpeg, stays."""
    if crop is None or track.is_cropped_by_ffmpeg or track.rotation_deg:
        return track
    shape = track.pixel_shape
    if crop.is_shape_of_crop:
        shape *= Fraction(track.width * crop.height, track.height * crop.width)
    sides = (crop.width, crop.height, crop.left, crop.top)
    return replace(track, width=crop.width, height=crop.height, pixel_shape=shape, crop=sides)


def _is_video(stream: dict[str, Any]) -> bool:
    return stream.get("codec_type") == "video" and not stream["disposition"].get("attached_pic")


def _is_for_some(stream: dict[str, Any]) -> bool:
    """Whether it is made for some viewers: in sign language, or with a commentary."""
    names = ("hearing_impaired", "visual_impaired", "comment", "dependent", "timed_thumbnails")
    return any(stream["disposition"].get(name) for name in names)


def _video_track(stream: dict[str, Any]) -> VideoTrack:
    tags = {name.lower(): value for name, value in stream.get("tags", {}).items()}
    pixel_format = stream.get("pix_fmt", "")
    # This comes first: of frames that are too large ffprobe tells no more than the sides.
    if stream.get("width", 0) * stream.get("height", 0) > LIMITS.max_video_pixels:
        raise LimitPixelsError
    if not (stream.get("width") and stream.get("height") and pixel_format):
        raise CorruptMediaError
    if any(one.get("dv_profile") == _NO_BASE_PROFILE for one in stream.get("side_data_list", [])):
        raise UnsupportedMediaError(
            "The video is in Dolby Vision without a compatible base; export it as HDR10 or SDR."
        )
    by_matrix = _turn_by_matrix(stream)
    by_tag = 0 if by_matrix else _turn_by_tag(tags)
    return VideoTrack(
        index=stream["index"],
        codec=stream["codec_name"],
        profile=stream.get("profile", ""),
        level=stream.get("level", 0),
        width=stream["width"],
        height=stream["height"],
        pixel_shape=_ratio(stream.get("sample_aspect_ratio", "").replace(":", "/")) or Fraction(1),
        rotation_deg=by_matrix or by_tag,
        is_turned_by_tag=by_tag != 0,
        is_mirrored=_is_mirrored(stream),
        frame_rate=_rate(stream.get("avg_frame_rate")),
        frame_count=_count(stream.get("nb_frames")),
        bit_rate=_count(stream.get("bit_rate")),
        pixel_format=pixel_format,
        is_interlaced=stream.get("field_order") in _INTERLACED,
        may_be_interlaced=stream.get("field_order", "unknown") == "unknown"
        and stream["codec_name"] in _TELEVISION_CODECS,
        has_alpha=bool(_ALPHA_PIXELS.match(pixel_format)) or tags.get("alpha_mode") == "1",
        color_range=stream.get("color_range", "unknown"),
        color_matrix=stream.get("color_space", "unknown"),
        color_primaries=stream.get("color_primaries", "unknown"),
        color_transfer=stream.get("color_transfer", "unknown"),
        clock=str(_ratio(stream.get("time_base")) or _FINE_CLOCK),
    )


def _with_side_data(track: VideoTrack, stream: dict[str, Any]) -> VideoTrack:
    kinds = {one.get("side_data_type") for one in stream.get("side_data_list", [])}
    return replace(
        track,
        shown_s=_shown_s(stream),
        is_cropped_by_ffmpeg="Frame Cropping" in kinds,
        has_projection=not _PROJECTIONS.isdisjoint(kinds),
    )


def _shown_s(stream: dict[str, Any]) -> float | None:
    """In seconds; Matroska tells in a tag when a track ends."""
    duration = stream.get("duration", "")
    if _SECONDS.fullmatch(duration):
        return float(duration)
    tags = {name.lower(): str(value) for name, value in stream.get("tags", {}).items()}
    hours, _, rest = tags.get("duration", "").partition(":")
    minutes, _, seconds = rest.partition(":")
    if not (hours.isdigit() and minutes.isdigit() and _SECONDS.fullmatch(seconds)):
        return None
    end_s = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    return max(0.0, end_s - float(stream.get("start_time", 0.0)))


def _turn_by_matrix(stream: dict[str, Any]) -> int:
    for side_data in stream.get("side_data_list", []):
        if "rotation" in side_data:
            return round(-float(side_data["rotation"]) / 90) * 90 % 360
    return 0


def _turn_by_tag(tags: dict[str, str]) -> int:
    degrees = tags.get("rotate", "")
    return int(degrees) % 360 if degrees.isdigit() and int(degrees) % 90 == 0 else 0


def _is_mirrored(stream: dict[str, Any]) -> bool:
    """Whether the display matrix turns the frames over: its determinant is negative then."""
    for side_data in stream.get("side_data_list", []):
        rows = [line.split()[1:] for line in side_data.get("displaymatrix", "").splitlines()]
        numbers = [[int(word) for word in row] for row in rows if len(row) == 3]
        if len(numbers) == 3:
            (a, b, _), (c, d, _), _ = numbers
            return a * d - b * c < 0
    return False


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
