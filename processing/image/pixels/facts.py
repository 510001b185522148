"""Reads the facts of an image that Pillow has opened."""

import itertools
import struct
from typing import Final

from PIL import Image

from compression_config import LIMITS
from errors import CorruptMediaError
from processing.image.info import ImageInfo
from processing.image.pixels.opened import Opened
from processing.image.pixels.pixel_shape import pixel_aspect
from processing.image.pixels.srgb import is_srgb
from processing.image.structure import gif, tiff
from processing.isobmff.avif_loop import plays_of
from processing.targets import IMAGE_TARGETS

ORIENTATION: Final = 0x0112  # EXIF's tag
_TURNED_BY_READER: Final = frozenset({"tiff", "heic"})
_WEB_MODES: Final = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "I;16"})
_UNSIGNED_16_BITS: Final = 0xFFFF
# The frame that the file ends in is then at most a twentieth of those it is known to have.
_FRAMES_TO_BEAR_A_LOSS: Final = 19


def facts_of(opened: Opened, format_name: str) -> ImageInfo:
    """The facts of an image; nothing is decoded for them.

    Notes in `opened` where the end of an animation is missing; CorruptMediaError where too much is.
    """
    image, frames = opened.image, _frame_count(opened, format_name)
    left, top, right, bottom = opened.crop or (0, 0, *image.size)
    return ImageInfo(
        format_name=format_name,
        size_bytes=opened.path.stat().st_size,
        width=right - left,
        height=bottom - top,
        orientation=_orientation(image, format_name),
        frames=frames,
        pages=_page_count(opened, format_name),
        loop=_loop(opened, format_name) if frames > 1 else 0,
        has_alpha=image.has_transparency_data,
        is_web_color=image.mode in _WEB_MODES and not opened.crop,
        is_srgb=is_srgb(image.info.get("icc_profile")),
        pixel_aspect=pixel_aspect(opened, format_name),
    )


def _frame_count(opened: Opened, format_name: str) -> int:
    """Of an animation, frames that are whole; 1: a still."""
    target = IMAGE_TARGETS.get(format_name)
    if target is None or "animation" not in target.keeps:
        return 1
    if format_name == "gif":
        return _whole_gif_frames(opened)
    # An APNG's stand-in for old readers is not part of the animation.
    has_stand_in = opened.frames > 1 and bool(opened.image.info.get("default_image"))
    return opened.frames - has_stand_in


def _whole_gif_frames(opened: Opened) -> int:
    found = gif.frame_count(opened.path, LIMITS.max_animation_frames)
    if found.is_cut and 0 < found.whole < _FRAMES_TO_BEAR_A_LOSS:
        raise CorruptMediaError
    opened.is_cut = found.is_cut and found.whole > 0
    return max(1, found.whole)


def _page_count(opened: Opened, format_name: str) -> int:
    """More than 1: a document or a collection."""
    if format_name == "tiff":
        pages = (each for each in tiff.directories(opened.path) if each.is_page)
        return max(1, len(list(itertools.islice(pages, 2))))
    return opened.frames if format_name == "heic" else 1


def _orientation(image: Image.Image, format_name: str) -> int:
    if format_name in _TURNED_BY_READER:
        return 1
    exif = Image.Exif()
    try:
        exif.load(image.info.get("exif") or b"")
        orientation = exif.get(ORIENTATION, 1)
    except (OSError, SyntaxError, ValueError, KeyError, TypeError, struct.error):
        return 1  # Damaged metadata is no reason to refuse an image.
    return orientation if orientation in range(1, 9) else 1


def _loop(opened: Opened, format_name: str) -> int:
    """How often an animation plays; a GIF counts repeats after the first time, the others plays."""
    if format_name == "avif":
        return plays_of(opened.path.read_bytes())
    loop = opened.image.info.get("loop")
    if format_name != "gif":
        return int(loop or 0)
    if loop is None:
        return 1
    return min(int(loop) + 1, _UNSIGNED_16_BITS) if loop else 0
