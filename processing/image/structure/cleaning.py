"""Takes metadata and trailing bytes out of an image without touching its pixels."""

import struct
import zlib
from collections.abc import Callable
from typing import Final

from processing.image.structure import gif, icc, jpeg, png, webp
from processing.isobmff.avif_cleaning import blanked_avif

_CLEANERS: Final[dict[str, Callable[[bytes, bool], bytes | None]]] = {
    "jpeg": jpeg.cleaned,
    "png": png.cleaned,
    "webp": webp.cleaned,
    "gif": lambda data, _: gif.cleaned(data),
    "avif": lambda data, _: blanked_avif(data, icc.silent),
}


def cleaned(data: bytes, format_name: str, *, keeps_profile: bool = True) -> bytes | None:
    """`data` with pixels, colour and timing only; None when that cannot be done or proved here.

    Never longer than `data`. Orientation is lost with the rest: for upright images only. Without
    `keeps_profile` its colours are sRGB, and whatever says so is left out, where that is possible.
    """
    cleaner = _CLEANERS.get(format_name)
    try:
        result = cleaner(data, keeps_profile) if cleaner else None
    except (IndexError, KeyError, ValueError, struct.error, zlib.error):
        return None  # It is damaged: readers may forgive that, we do not guess.
    return result if result is not None and len(result) <= len(data) else None
