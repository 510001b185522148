"""Brings pixels of every kind to 8-bit sRGB, with or without transparency."""

import functools
import io
import math
from typing import Any, Final

from PIL import Image, ImageChops, ImageCms, ImageFilter

from processing.pillow.code_points import light_of
from processing.pillow.icc import code_points_of
from processing.tone_map import flattened, table

_SRGB: Final = ImageCms.createProfile("sRGB")
_MODES_OF_SPACE: Final = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab ": "LAB"}
_RESIZABLE: Final = frozenset({"L", "LA", "RGB", "RGBA", "CMYK", "LAB"})
_16_BIT: Final = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})
BITS: Final = "bits"  # in a picture's info: how many of 16 bits a gray uses, where not all
NEGATIVE: Final = "negative"  # in a picture's info: that zero is white
_TABLE_POINTS: Final = 33  # of tone_map's table, along each axis
_TRIED_LEVELS: Final = (0, 24, 64, 112, 168, 216, 255)
_SAME: Final = 3  # of 255; a profile that moves colours by less is sRGB under some name


def flattened_depth(picture: Image.Image) -> Image.Image:
    """The same picture in a mode that can be resized well: 8 bits a channel, no palette."""
    mode = picture.mode
    if mode in _16_BIT or mode in {"I", "F"}:
        is_deep = mode in _16_BIT
        gray = _of_16_bits(picture, picture.info.get(BITS, 16)) if is_deep else _stretched(picture)
        return ImageChops.invert(gray) if picture.info.get(NEGATIVE) else gray
    if mode not in {"LA", "RGBA"} and picture.has_transparency_data:
        return picture.convert("RGBA")
    if mode in _RESIZABLE:
        return picture
    return picture.convert("L" if mode == "1" else "RGB")


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """The same picture as RGB or RGBA in sRGB; a profile that does not fit is ignored."""
    if picture.mode == "LAB":
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        return _converted(picture, lab) or picture.convert("RGB")
    alpha = picture.getchannel("A") if picture.mode in {"LA", "RGBA"} else None
    bare = picture if alpha is None else picture.convert(picture.mode[:-1])
    converted = (_toned_down(bare, profile) or _by_profile(bare, profile)) if profile else None
    result = converted or (bare if bare.mode == "RGB" else bare.convert("RGB"))
    if alpha is not None:
        result.putalpha(alpha)
    return result


@functools.lru_cache(maxsize=4)
def is_srgb(profile: bytes | None) -> bool:
    """Whether browsers may be told nothing and still show these colours right.

    Judged by what the profile does to colours: names lie ("sRGB linear").
    """
    if not profile:
        return True
    opened = _opened(profile)
    if opened is None:
        return True
    if code_points_of(profile) or opened.profile.xcolor_space != "RGB ":
        return False
    tried = _tried_colors()
    shown = _converted(tried, opened)
    if shown is None:
        return True
    bands = ImageChops.difference(tried, shown).getextrema()
    return all(band[1] <= _SAME for band in bands if isinstance(band, tuple))


def _tried_colors() -> Image.Image:
    levels = _TRIED_LEVELS
    picture = Image.new("RGB", (len(levels) ** 2, len(levels)))
    picture.putdata([(red, green, blue) for red in levels for green in levels for blue in levels])
    return picture


def _toned_down(picture: Image.Image, profile: bytes) -> Image.Image | None:
    """A picture for bright displays as others show it; None when it is not one."""
    code_points = code_points_of(profile)
    light = light_of(*code_points) if code_points else None
    if light is None:
        return None
    colors = ImageFilter.Color3DLUT(_TABLE_POINTS, flattened(table(light, for_video=False)))
    return picture.convert("RGB").filter(colors)


def _by_profile(picture: Image.Image, profile: bytes) -> Image.Image | None:
    opened = _opened(profile)
    if opened is None or is_srgb(profile):
        return None
    mode = _MODES_OF_SPACE.get(opened.profile.xcolor_space)
    if (mode, picture.mode) == ("RGB", "L"):
        picture = picture.convert("RGB")
    return _converted(picture, opened) if mode == picture.mode else None


def _opened(profile: bytes) -> ImageCms.ImageCmsProfile | None:
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (OSError, ImageCms.PyCMSError):
        return None


def _converted(picture: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image | None:
    try:
        return ImageCms.profileToProfile(
            picture,
            profile,
            _SRGB,
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, ValueError):
        return None


def _of_16_bits(picture: Image.Image, bits: int) -> Image.Image:
    """Gray of 16 bits as 8; the one gray that may be named transparent is looked for in all 16."""
    scale = 1 / (1 << (bits - 8))
    gray = picture.convert("I").point(lambda value: value * scale).convert("L")
    key = picture.info.get("transparency")
    if not isinstance(key, int):
        return gray
    halves = Image.frombytes("LA", picture.size, picture.convert("I;16").tobytes())
    low, high = (
        half.point([255 * (value == wanted) for value in range(256)])
        for half, wanted in zip(halves.split(), (key & 255, key >> 8 & 255), strict=True)
    )
    return Image.merge("LA", (gray, ImageChops.invert(ImageChops.darker(low, high))))


def _stretched(picture: Image.Image) -> Image.Image:
    """Integers or floats as 0 to 255: of a usual range that they fit in, or of their own."""
    low, high = _range(picture.getextrema())
    scale = 255 / (high - low)
    return picture.convert("F").point(lambda value: value * scale + -low * scale).convert("L")


def _range(extrema: Any) -> tuple[float, float]:
    low, high = extrema
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return 0.0, 255.0
    usual = (1.0, 255.0, 65535.0) if isinstance(low, float) else (255.0, 65535.0)
    return next(((0.0, top) for top in usual if low >= 0 and high <= top), (low, high))
