"""Reads bitmaps that Pillow's reader refuses: by masks of their own, of too long a palette."""

import struct
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image, ImageMath

from compression_config import LIMITS
from errors import LimitPixelsError

_HEADER: Final = struct.Struct("<2sIHHI")
_INFO: Final = struct.Struct("<IiiHHI")
_MASKS_AT: Final = 54
_BITFIELDS: Final = frozenset({3, 6})
_RAW_MODES: Final = {16: "I;16", 32: "I;32"}
_MOST_BITS: Final = 16  # More of them would not be seen.
_MOST_COLORS: Final = 256
_COLORS_AT: Final = 46


class _Layout(NamedTuple):
    """Where the pixels of a bitmap are, and which bits of each are which colour."""

    width: int
    height: int  # negative: from the top down
    bits: int
    at: int
    masks: tuple[int, int, int, int]  # red, green, blue, alpha; 0: there is none


def opened_by_masks(source: Path) -> Image.Image | None:
    """A decoded bitmap of 16 or 32 bits by its masks; None when it is no such bitmap.

    Raises LimitPixelsError by its header, and ValueError where pixels are missing.
    """
    data = source.read_bytes()
    layout = _layout(data)
    if layout is None or layout.bits not in _RAW_MODES or not all(layout.masks[:3]):
        return None
    size = (layout.width, abs(layout.height))
    if size[0] * size[1] > LIMITS.max_image_pixels:
        raise LimitPixelsError
    stride = (layout.width * layout.bits + 31) // 32 * 4
    pixels = data[layout.at : layout.at + stride * size[1]]
    direction = 1 if layout.height < 0 else -1
    raw = Image.frombytes("I", size, pixels, "raw", _RAW_MODES[layout.bits], stride, direction)
    bands = [_band(raw, mask) for mask in layout.masks if mask]
    image = Image.merge("RGBA" if len(bands) == 4 else "RGB", bands)
    image.format = "BMP"
    return image


def with_usual_palette(source: Path) -> bytes | None:
    """A bitmap that claims more colours than it can name, claiming less; None: it does not."""
    with source.open("rb") as file:
        head = file.read(_MASKS_AT)
    if len(head) < _MASKS_AT:
        return None
    size, _, _, _, bits, _ = _INFO.unpack_from(head, _HEADER.size)
    (colors,) = struct.unpack_from("<I", head, _COLORS_AT)
    if size < 40 or bits > 8 or colors <= _MOST_COLORS:
        return None
    return head[:_COLORS_AT] + struct.pack("<I", 1 << bits) + source.read_bytes()[_MASKS_AT - 4 :]


def _layout(data: bytes) -> _Layout | None:
    try:
        _, _, _, _, at = _HEADER.unpack_from(data)
        size, width, height, _, bits, packing = _INFO.unpack_from(data, _HEADER.size)
        red, green, blue = struct.unpack_from("<3I", data, _MASKS_AT)
        (alpha,) = struct.unpack_from("<I", data, _MASKS_AT + 12) if size >= 56 else (0,)
    except struct.error:
        return None
    if packing not in _BITFIELDS or size < 40 or width < 1 or height == 0:
        return None
    return _Layout(width, height, bits, at, (red, green, blue, alpha))


def _band(raw: Image.Image, mask: int) -> Image.Image:
    """The bits under one mask, widened or narrowed to eight."""
    shift = (mask & -mask).bit_length() - 1
    shift += max(0, (mask >> shift).bit_length() - _MOST_BITS)
    most = mask >> shift
    band = ImageMath.lambda_eval(
        lambda named: ((named["raw"] >> shift) & most) * 255 / most, raw=raw
    )
    narrowed: Image.Image = band.convert("L")
    return narrowed
