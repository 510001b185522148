"""How hard each size of upload is squeezed, and what is too much to accept: only numbers."""

from dataclasses import dataclass, replace

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class VideoRule:
    """How a video of one class is encoded; a class is a size in bytes, in pixels, or both."""

    name: str
    below_bytes: int | None  # the class holds files smaller than this; None: of any size
    crf: float  # x264's scale: 0 lossless, 51 worst; trac.ffmpeg.org/wiki/Encode/H.264
    preset: str
    box: tuple[int, int] | None  # long and short side to fit inside; None: keep the size
    up_to_side_px: int | None = None  # and videos whose shorter side is at most this; None: any
    x264_params: str = ""  # x264's own options, name=value joined by colons, over the preset's
    av1_crf: int = 30  # SVT-AV1's scale: 0 best, 63 worst
    av1_preset: int = 10  # SVT-AV1's: 0 slow and small, 13 fast
    # Without temporal filtering: fewer bytes at equal VMAF, in about the same time.
    av1_params: str = (
        "fast-decode=1:enable-tf=0"  # SVT-AV1's own options, name=value joined by colons
    )


@dataclass(frozen=True, slots=True)
class ImageRule:
    """How an image of one size class is encoded; qualities are each format's own 0 to 100."""

    name: str
    below_bytes: int | None
    max_side_px: int
    webp_quality: int
    avif_quality: int
    jpeg_quality: int
    # The shorter side is not shrunk below this: pages photographed in one piece, a thousand pixels
    # wide and thirty thousand long, stay readable. Up to WebP's own limit; 0: it may be any.
    kept_side_px: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """A named set of rules; within a family the first rule that holds the file's size wins."""

    video: tuple[VideoRule, ...]
    image: tuple[ImageRule, ...]
    webp_method: int  # 0 fast to 6 small; of drawings, and of photos decoded at reduced scale
    # The same, of large, opaque photos that had to be decoded whole, which costs more.
    webp_method_whole: int
    webp_animation_method: int  # the same, paid for every frame
    # From so many times the size on, an image is scaled down by the bicubic filter: two thirds of
    # the time of Lanczos, and at equal bytes SSIMULACRA2 is higher by 0 to 0.6; None: never.
    bicubic_from_scale: float | None
    avif_speed: int  # 0 small to 10 fast; 8 takes four times as long as 9 for 5 % fewer bytes
    png_level: int  # zlib's 0 to 9
    audio_kbps: int  # AAC, stereo
    max_frame_rate: int
    # Of the result, whatever the rule says: decoders for larger H.264 are rare.
    largest_box: tuple[int, int]
    # A ceiling for constant quality, so that noise cannot explode a file: bits per pixel shown.
    max_bits_per_pixel: float
    # What a search for quality aims at, on VMAF's scale of 0 to 100; 93 is hard to tell apart.
    target_vmaf: float
    # H.264 of fewer kbit/s than this is kept rather than encoded again: at 1280x720, 25 frames a
    # second and CRF 23; other sizes, rates and CRFs follow by a formula
    # (processing/video/copies.py).
    compact_kbps: float = 1900.0
    # Most seconds between frames that players can jump to. Every 2 s would cost 1 to 4 % of the
    # bytes of lively clips and 65 % of a talking head's, every 5 s up to 20 % (x264, CRF 23).
    key_interval_s: float = 10.0


@dataclass(frozen=True, slots=True)
class LighterStep:
    """A ceiling over any rule, for an attempt after one that was too much for this machine."""

    preset: str  # x264's
    av1_preset: int
    box: tuple[int, int]
    max_frame_rate: int
    max_side_px: int  # of images
    webp_method: int


@dataclass(frozen=True, slots=True)
class Limits:
    """More than this is refused, from headers, before anything is decoded."""

    max_file_bytes: int
    max_image_bytes: int  # an image's reader holds the whole file
    max_image_pixels: int  # decoded whole; phones make 50 to 108 megapixels
    max_scaled_jpeg_pixels: int  # a baseline JPEG is decoded at reduced scale: may be larger
    # Decoded, an honest photo is at most 50 times its file, a plain logo 500; zlib reaches 1,030.
    max_empty_image_bytes: int  # decoded: below it an image may compress to any size
    max_image_unpacking: int  # decoded bytes for each byte of the file, above it
    max_jpeg_passes: int  # a progressive photo has about 10; each takes time, even an empty one
    max_animation_frames: int
    max_animation_pixels: int  # of all frames together: about 80 s of work
    max_video_pixels: int  # one frame: 8K passes
    max_video_frames: int
    max_video_duration_s: float
    max_source_frame_rate: float  # slow motion cameras reach 960
    max_streams: int
    image_memory_bytes: int  # address space of the child that decodes and encodes an image
    video_memory_bytes: int  # address space of ffmpeg


# The ladder is the one that was asked for, though 10 to 50 MB get a smaller box than larger files.
# Boxes are for landscape; a portrait turns them. Nothing is ever enlarged.
SEED = Profile(
    video=(
        VideoRule("small", 10 * MEGABYTE, crf=23, preset="medium", box=None),
        VideoRule("medium", 50 * MEGABYTE, crf=25, preset="medium", box=(854, 480)),
        VideoRule("large", None, crf=27, preset="fast", box=(1280, 720)),
    ),
    # The same size classes. 2048 is the promise for all but scans and the like, which are rarely
    # looked at pixel by pixel and cost most.
    image=(
        ImageRule("small", 10 * MEGABYTE, 2048, webp_quality=85, avif_quality=63, jpeg_quality=85),
        ImageRule("medium", 50 * MEGABYTE, 2048, webp_quality=82, avif_quality=60, jpeg_quality=82),
        ImageRule("large", None, 1920, webp_quality=80, avif_quality=58, jpeg_quality=80),
    ),
    webp_method=6,
    webp_method_whole=6,
    webp_animation_method=2,
    bicubic_from_scale=None,
    avif_speed=9,
    png_level=6,
    audio_kbps=128,
    max_frame_rate=60,
    largest_box=(3840, 2160),
    max_bits_per_pixel=0.2,
    target_vmaf=93.0,
)

# Adaptive quantisation by variance, adapted to each frame (2) and weaker than x264's own 1.0: at
# equal VMAF 0.95 of preset medium's bytes for 0.64 of its time (`bench clips`); in its usual mode,
# preset faster takes more bytes than medium. Without any, VMAF would promise some 15 % less; but
# eyes find blocks in skies and shadows that it forgives, so this stops half-way. A second reference
# frame would cost 4 % more time and save nothing at equal VMAF.
_FEWER_BITS = "aq-mode=2:aq-strength=0.7:bframes=5:ref=1"

# By what a file shows, not by how many bytes it came in: full HD stays full HD.
BALANCED = replace(
    SEED,
    video=(
        VideoRule("any", None, crf=23, preset="faster", box=(1920, 1080), x264_params=_FEWER_BITS),
    ),
    image=(
        ImageRule(
            "any",
            None,
            2048,
            webp_quality=82,
            avif_quality=67,
            jpeg_quality=76,
            kept_side_px=512,  # of four times the length or more; a phone is about 400 points wide
        ),
    ),
    webp_method=4,
    webp_method_whole=2,
    bicubic_from_scale=1.3,
)

# For a learning platform: everything at 720p.
LMS720 = replace(
    BALANCED,
    video=(
        VideoRule("any", None, crf=23, preset="faster", box=(1280, 720), x264_params=_FEWER_BITS),
    ),
)

# A still in such a format that spends fewer bits on a pixel is handed back as it is: six photos,
# encoded again at WebP quality 82 from there, saved 3 % at most and mostly grew.
COMPACT_BITS_PER_PIXEL = {"avif": 0.4, "jpeg": 0.45, "webp": 0.4}
COMPACT_FROM_PIXELS = 250_000  # smaller ones are tried in no time

PROFILES = {"seed": SEED, "balanced": BALANCED, "lms720": LMS720}

# After a timeout or a kill the next attempt takes the first, the one after it the second.
LIGHTER_STEPS = (
    LighterStep("veryfast", 12, (1280, 720), 30, max_side_px=1600, webp_method=2),
    LighterStep("ultrafast", 13, (854, 480), 30, max_side_px=1024, webp_method=0),
)

LIMITS = Limits(
    max_file_bytes=5 * 1024 * MEGABYTE,
    max_image_bytes=512 * MEGABYTE,
    max_image_pixels=110_000_000,
    max_scaled_jpeg_pixels=250_000_000,
    max_empty_image_bytes=200 * MEGABYTE,
    max_image_unpacking=600,
    max_jpeg_passes=100,
    max_animation_frames=10_000,
    max_animation_pixels=1_500_000_000,
    max_video_pixels=8192 * 4320,
    max_video_frames=2_600_000,
    max_video_duration_s=12 * 3600.0,
    max_source_frame_rate=1000.0,
    max_streams=64,
    image_memory_bytes=2 * 1024 * MEGABYTE,
    video_memory_bytes=6 * 1024 * MEGABYTE,
)
