"""Brings pixels of every kind to 8-bit sRGB, with or without transparency."""

import io
from typing import Final

from PIL import Image, ImageCms

_SRGB: Final = ImageCms.createProfile("sRGB")
_MODES_OF_SPACE: Final = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab ": "LAB"}
_RESIZABLE: Final = frozenset({"L", "LA", "RGB", "RGBA", "CMYK", "LAB"})
_16_BIT: Final = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})


def flattened_depth(picture: Image.Image) -> Image.Image:
    """The same picture in a mode that can be resized well: 8 bits a channel, no palette."""
    mode = picture.mode
    if mode in _16_BIT:
        return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if mode in {"I", "F"}:
        return _stretched(picture)
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
    converted = _by_profile(bare, profile) if profile else None
    result = converted or (bare if bare.mode == "RGB" else bare.convert("RGB"))
    if alpha is not None:
        result.putalpha(alpha)
    return result


def is_srgb(profile: bytes | None) -> bool:
    """Whether browsers may be told nothing and still show these colours right."""
    if not profile:
        return True
    opened = _opened(profile)
    return opened is None or "srgb" in ImageCms.getProfileDescription(opened).lower()


def _by_profile(picture: Image.Image, profile: bytes) -> Image.Image | None:
    opened = _opened(profile)
    if opened is None or is_srgb(profile):
        return None
    if _MODES_OF_SPACE.get(opened.profile.xcolor_space) != picture.mode:
        return None
    return _converted(picture, opened)


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
    except ImageCms.PyCMSError:
        return None


def _stretched(picture: Image.Image) -> Image.Image:
    """Integers or floats of unknown range, brought to 0 to 255 by their own extremes."""
    low, high = picture.getextrema()
    if not isinstance(low, int | float) or not isinstance(high, int | float) or high <= low:
        return picture.convert("L")
    low, high = (0, 65535) if picture.mode == "I" and low >= 0 and high > 255 else (low, high)
    scale = 255 / (high - low)
    return picture.convert("F").point(lambda value: value * scale + -low * scale).convert("L")
