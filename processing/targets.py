"""What can be made: a row for each format of a result, and for each codec of a video in it.

Qualities are the rule's and efforts the profile's (compression_config.py); a row says which of them
count, on which scale, and how the encoder is told.
"""

from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple

from compression_config import ImageRule, VideoRule

# At AVIF's fast speeds the search for cheaper coefficients takes a fifth of the time and brings
# nothing: without it and one step of quality higher, bytes and SSIMULACRA2 are the same.
# More threads would finish one image sooner and two images at once later.
_AVIF_ENCODER: Final = {"max_threads": 1, "advanced": {"disable-trellis-quant": "1"}}
# WebP's own limit; browsers show no larger images of other formats either.
LARGEST_SIDE_PX: Final = 16383


class Effort(NamedTuple):
    """How hard an encoder works: the word for it and the ends of its scale."""

    word: str
    least: int
    most: int
    usual: int  # where this format stands in for another, which counts on a scale of its own


class ImageTarget(NamedTuple):
    """One format of images; browsers show them all, so that a source may be handed back in it."""

    name: str
    extension: str  # without a dot
    content_type: str
    writer: str  # Pillow's name of it
    keeps: frozenset[Literal["alpha", "gray", "animation"]]
    words: Callable[[int, int], dict[str, Any]]  # what the writer is told of quality and effort
    # What it is told of the quality of transparency, 0 to 100 (exact); None: it has no such scale.
    alpha_words: Callable[[int], dict[str, Any]] | None = None
    animation_words: dict[str, Any] | None = None  # what it is told besides of an animation
    # What it is told to keep thin coloured edges; None: not by its writer's own words.
    sharp_words: dict[str, Any] | None = None
    # Of a format without loss, the quality of the WebP that may stand in for it.
    quality: Callable[[ImageRule], int] = lambda rule: rule.webp_quality
    is_lossless: bool = False
    effort: Effort | None = None  # None: its writer has no such scale
    turn_is_pixels: bool = False  # Its turn is a part of the image, and outlives a cleaning.

    @property
    def modes(self) -> frozenset[str]:
        """Pillow's modes that need no conversion."""
        of = {"alpha": "RGBA", "gray": "L"}
        return frozenset(("RGB", *(mode for what, mode in of.items() if what in self.keeps)))


class VideoTarget(NamedTuple):
    """One container of videos."""

    name: str
    extension: str
    content_type: str
    writer: str  # ffmpeg's name of its muxer
    is_shown_by_browsers: bool = False  # or else the last resort
    # Streams of a source that may be copied into it, whatever they come in.
    copied_video: frozenset[str] = frozenset()
    copied_sound: frozenset[str | None] = frozenset()


class CrfScale(NamedTuple):
    """How an encoder's CRF behaves."""

    best: float  # No CRF below this is chosen, and none above the worst.
    worst: float
    step: float  # Finer ones make no difference.
    vmaf_per_crf: float  # by and large
    like_crf_23: float  # what looks about like x264's 23
    in_h264_steps: float  # how many steps of x264's one step of it is
    bytes_over_h264: float  # at about the same look

    def of_h264(self, crf: float) -> float:
        """What means about the same as a CRF of x264."""
        return self.like_crf_23 + (crf - 23.0) / self.in_h264_steps


class VideoCodec(NamedTuple):
    """One codec that videos are encoded in."""

    name: str
    encoder: str  # ffmpeg's name of it
    sample_entry: str  # what an MP4 calls a stream of it
    smallest_side_px: int  # The encoder makes nothing smaller.
    crf: Callable[[VideoRule], float]
    largest_crf: int  # the end of the encoder's own scale
    scale: CrfScale


_WEBP: Final = ImageTarget(
    *("webp", "webp", "image/webp", "WEBP"),
    keeps=frozenset({"alpha", "animation"}),
    words=lambda quality, effort: {"quality": quality, "method": effort},
    alpha_words=lambda quality: {"alpha_quality": quality},
    # A whole frame so often. Pillow's every 3 to 5 frames cost 5 % of the bytes and a fifth of the
    # time; without any, a viewer that jumps would have to start from the first.
    animation_words={"kmin": 299, "kmax": 300},
    effort=Effort("method", 0, 6, usual=4),
)
_AVIF: Final = ImageTarget(
    *("avif", "avif", "image/avif", "AVIF"),
    keeps=frozenset({"alpha", "gray", "animation"}),
    words=lambda quality, effort: {"quality": quality, "speed": effort, **_AVIF_ENCODER},
    sharp_words={"subsampling": "4:4:4"},
    quality=lambda rule: rule.avif_quality,
    effort=Effort("speed", 0, 10, usual=9),
    turn_is_pixels=True,
)
_JPEG: Final = ImageTarget(
    *("jpeg", "jpg", "image/jpeg", "JPEG"),
    keeps=frozenset({"gray"}),
    words=lambda quality, _: {"quality": quality, "optimize": True, "progressive": True},
    sharp_words={"subsampling": "4:4:4"},
    quality=lambda rule: rule.jpeg_quality,
)
_PNG: Final = ImageTarget(
    *("png", "png", "image/png", "PNG"),
    keeps=frozenset({"alpha", "gray", "animation"}),
    words=lambda _, effort: {"optimize": True, "compress_level": effort},
    is_lossless=True,
)
_GIF: Final = ImageTarget(
    *("gif", "gif", "image/gif", "GIF"),
    keeps=frozenset({"alpha", "animation"}),
    words=lambda _quality, _effort: {"optimize": True},
    animation_words={"disposal": 2},
    is_lossless=True,
)
IMAGE_TARGETS: Final = {row.name: row for row in (_WEBP, _AVIF, _JPEG, _PNG, _GIF)}

VIDEO_TARGETS: Final = {
    row.name: row
    for row in (
        VideoTarget(
            *("mp4", "mp4", "video/mp4", "mp4", True),
            copied_video=frozenset({"h264", "hevc"}),
            copied_sound=frozenset({None, "aac", "mp3"}),
        ),
        VideoTarget(
            *("webm", "webm", "video/webm", "webm", True),
            copied_video=frozenset({"vp8", "vp9", "av1"}),
            copied_sound=frozenset({None, "opus", "vorbis"}),
        ),
        VideoTarget("mov", "mov", "video/quicktime", "mov"),
        VideoTarget("mkv", "mkv", "video/x-matroska", "matroska"),
        VideoTarget("avi", "avi", "video/x-msvideo", "avi"),
        VideoTarget("wmv", "wmv", "video/x-ms-wmv", "asf"),
        VideoTarget("flv", "flv", "video/x-flv", "flv"),
        VideoTarget("ts", "ts", "video/mp2t", "mpegts"),
        VideoTarget("mpg", "mpg", "video/mpeg", "vob"),
        VideoTarget("ogv", "ogv", "video/ogg", "ogg"),
        VideoTarget("mxf", "mxf", "application/mxf", "mxf"),
        VideoTarget("dv", "dv", "video/x-dv", "dv"),
    )
}
TARGETS: Final[dict[str, ImageTarget | VideoTarget]] = {**IMAGE_TARGETS, **VIDEO_TARGETS}

VIDEO_CODECS: Final = {
    "h264": VideoCodec(
        "h264",
        "libx264",
        "avc1",
        smallest_side_px=2,
        crf=lambda rule: rule.crf,
        largest_crf=51,
        scale=CrfScale(16, 36, 0.5, -1.1, like_crf_23=23, in_h264_steps=1, bytes_over_h264=1),
    ),
    "av1": VideoCodec(
        "av1",
        "libsvtav1",
        "av01",
        smallest_side_px=64,
        crf=lambda rule: rule.av1_crf,
        largest_crf=63,
        scale=CrfScale(20, 55, 1, -0.55, like_crf_23=30, in_h264_steps=0.5, bytes_over_h264=0.65),
    ),
}
