"""Brings colours of every kind to sRGB, with or without transparency."""

import functools
import io
from typing import Final

from PIL import Image, ImageChops, ImageCms, ImageFilter

from processing.image.structure.code_points import light_of
from processing.image.structure.icc_profile import code_points_in
from processing.tone_map import POINTS, table

_SRGB: Final = ImageCms.createProfile("sRGB")
_MODES_OF_SPACE: Final = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab ": "LAB"}
_TRIED_LEVELS: Final = (0, 24, 64, 112, 168, 216, 255)
_SAME: Final = 3  # of 255; a profile that moves colours by less is sRGB under some name


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The same image as RGB or RGBA in sRGB; a profile that does not fit is ignored."""
    if image.mode == "LAB":
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        return _converted(image, lab) or image.convert("RGB")
    alpha = image.getchannel("A") if image.mode in {"LA", "RGBA"} else None
    bare = image if alpha is None else image.convert(image.mode[:-1])
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
    if code_points_in(profile) or opened.profile.xcolor_space != "RGB ":
        return False
    tried = _tried_colors()
    shown = _converted(tried, opened)
    if shown is None:
        return True
    bands = ImageChops.difference(tried, shown).getextrema()
    return all(band[1] <= _SAME for band in bands if isinstance(band, tuple))


def _tried_colors() -> Image.Image:
    levels = _TRIED_LEVELS
    image = Image.new("RGB", (len(levels) ** 2, len(levels)))
    image.putdata([(red, green, blue) for red in levels for green in levels for blue in levels])
    return image


def _toned_down(image: Image.Image, profile: bytes) -> Image.Image | None:
    """An image for bright displays as others show it; None when it is not one."""
    code_points = code_points_in(profile)
    light = light_of(*code_points) if code_points else None
    if light is None:
        return None
    numbers = [part for color in table(light, for_video=False) for part in color]
    return image.convert("RGB").filter(ImageFilter.Color3DLUT(POINTS, numbers))


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    opened = _opened(profile)
    if opened is None or is_srgb(profile):
        return None
    mode = _MODES_OF_SPACE.get(opened.profile.xcolor_space)
    if (mode, image.mode) == ("RGB", "L"):
        image = image.convert("RGB")
    return _converted(image, opened) if mode == image.mode else None


def _opened(profile: bytes) -> ImageCms.ImageCmsProfile | None:
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (OSError, ImageCms.PyCMSError):
        return None


def _converted(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image | None:
    try:
        return ImageCms.profileToProfile(
            image,
            profile,
            _SRGB,
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, ValueError):
        return None
