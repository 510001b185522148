"""Says how wide a pixel of an image is to be shown, by the words that its format has for that."""

import math
from typing import Any, Final

from processing.image.info import TURNED
from processing.image.pixels.opened import Opened
from processing.isobmff.heif_properties import image_properties

_DOTS_ARE_TOLD: Final = frozenset({"jpeg", "png", "bmp"})
# A scanner's. JPEG and PNG may also give a shape without a unit, in two meanings that writers
# exchange: of 300,000 images from the web it was wrong in 115 and right in 4, so it is not heeded
# (github.com/mpv-player/mpv/issues/3945).
_FEWEST_DOTS: Final = 72.0  # to the inch
_TIFF_RESOLUTION: Final = (282, 283)
_TIFF_ORIENTATION: Final = 274
_GIF_ASPECT_AT: Final = 12
# Closer to a square it is a rounding, and further from it rubbish: 72 by 1 is found in the wild.
# A fax has 204 x 98, 204 x 196 or 204 x 391 to the inch.
_CLEAR: Final = 1.03
_MOST: Final = 4.0


def pixel_aspect(opened: Opened, format_name: str) -> float:
    """A pixel's width divided by its height, as the image is opened; 1.0: square, or not said."""
    said = _said(opened, format_name)
    if not said or not all(math.isfinite(each) and each > 0 for each in said):
        return 1.0
    aspect = said[0] / said[1]
    return aspect if _CLEAR < max(aspect, 1 / aspect) <= _MOST else 1.0


def _said(opened: Opened, format_name: str) -> tuple[float, float] | None:
    """Width and height of a pixel in any unit."""
    if format_name in _DOTS_ARE_TOLD:
        dots = _pair(opened.image.info.get("dpi"))
        return dots[::-1] if dots and min(dots) > _FEWEST_DOTS - 1 else None
    if format_name == "tiff":
        return _of_tiff(getattr(opened.image, "tag_v2", {}))
    if format_name == "gif":
        return _of_gif(opened)
    if format_name in {"heic", "avif"}:
        return _of_heif(opened, is_turned_by_reader=format_name == "heic")
    return None


def _of_tiff(tags: Any) -> tuple[float, float] | None:
    dots = _pair(tuple(tags.get(tag) for tag in _TIFF_RESOLUTION))
    is_turned = tags.get(_TIFF_ORIENTATION) in TURNED  # and was turned by Pillow
    return dots if dots is None or is_turned else dots[::-1]


def _of_gif(opened: Opened) -> tuple[float, float] | None:
    with opened.path.open("rb") as file:
        said = file.read(_GIF_ASPECT_AT + 1)[_GIF_ASPECT_AT:]
    return (said[0] + 15, 64) if said and said[0] else None


def _of_heif(opened: Opened, *, is_turned_by_reader: bool) -> tuple[float, float] | None:
    found = image_properties(opened.path.read_bytes(), opened.image.size)
    shape = found.pixel_shape
    return shape[::-1] if shape and found.is_turned and is_turned_by_reader else shape


def _pair(said: Any) -> tuple[float, float] | None:
    try:
        one, other = said
        return float(one), float(other)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
