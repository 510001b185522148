"""Brings pixels of every depth to 8 bits a channel, without a palette."""

import math
from typing import Any, Final

from PIL import Image, ImageChops

_RESIZABLE: Final = frozenset({"L", "LA", "RGB", "RGBA", "CMYK", "LAB"})
_16_BIT: Final = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})


def in_8_bits(image: Image.Image, gray_bits: int = 16, *, is_negative: bool = False) -> Image.Image:
    """The same image in a mode that can be resized well.

    Of a deep gray `gray_bits` of 16 count, and zero is white where it `is_negative`.
    """
    mode = image.mode
    if mode in _16_BIT or mode in {"I", "F"}:
        gray = _of_16_bits(image, gray_bits) if mode in _16_BIT else _stretched(image)
        return ImageChops.invert(gray) if is_negative else gray
    if mode == "La":
        return image.convert("LA")
    if mode not in {"LA", "RGBA"} and image.has_transparency_data:
        return image.convert("RGBA")
    if mode in _RESIZABLE:
        return image
    return image.convert("L" if mode == "1" else "RGB")


def _of_16_bits(image: Image.Image, bits: int) -> Image.Image:
    """Gray of 16 bits as 8; the one gray that may be named transparent is looked for in all 16."""
    scale = 1 / (1 << (bits - 8))
    gray = image.convert("I").point(lambda value: value * scale).convert("L")
    key = image.info.get("transparency")
    if not isinstance(key, int):
        return gray
    halves = Image.frombytes("LA", image.size, image.convert("I;16").tobytes())
    low, high = (
        half.point([255 * (value == wanted) for value in range(256)])
        for half, wanted in zip(halves.split(), (key & 255, key >> 8 & 255), strict=True)
    )
    return Image.merge("LA", (gray, ImageChops.invert(ImageChops.darker(low, high))))


def _stretched(image: Image.Image) -> Image.Image:
    """Integers or floats as 0 to 255: of a usual range that they fit in, or of their own."""
    low, high = _range(image.getextrema())
    scale = 255 / (high - low)
    return image.convert("F").point(lambda value: value * scale + -low * scale).convert("L")


def _range(extrema: Any) -> tuple[float, float]:
    low, high = extrema
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return 0.0, 255.0
    usual = (1.0, 255.0, 65535.0) if isinstance(low, float) else (255.0, 65535.0)
    return next(((0.0, top) for top in usual if low >= 0 and high <= top), (low, high))
