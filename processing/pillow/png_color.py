"""Puts what a PNG says of its colours, in any of six ways, into the words of Pillow."""

import struct
import zlib
from typing import Final

from PIL import Image

from processing.image import png
from processing.pillow.code_points import profile_of, profile_of_gamma

_HEADER_END: Final = len(png.SIGNATURE) + 25
_UNIT: Final = 100_000  # of gAMA and cHRM


def colored(data: bytes) -> bytes:
    """`data` with an iCCP chunk for its cICP, or its gAMA and cHRM, if they say other than sRGB.

    The order in which they count is the specification's: cICP, iCCP, sRGB, gAMA with cHRM. A gAMA
    alone is passed over, as other tools for pictures do, though browsers heed it: where it is not
    the usual one, it is more often a mistake than meant.
    """
    profile = None
    if (code_points := png.body(data, b"cICP")) and len(code_points) == 4:
        profile = profile_of(code_points[0], code_points[1])
        data = _without(data, b"iCCP")
    elif not png.body(data, b"iCCP") and not png.body(data, b"sRGB"):
        profile = _of_gamma(png.body(data, b"gAMA"), png.body(data, b"cHRM"))
    if profile is None:
        return data
    named = png.chunk(b"iCCP", b"-\0\0" + zlib.compress(profile))
    return data[:_HEADER_END] + named + data[_HEADER_END:]


def fit_transparent_color(picture: Image.Image, bits: int) -> None:
    """Bring the one colour named transparent to the depth in which Pillow holds the pixels."""
    key = picture.info.get("transparency")
    if isinstance(key, int) and picture.mode == "L" and bits < 8:
        picture.info["transparency"] = key * 255 // ((1 << bits) - 1)  # as Pillow widens pixels
    if isinstance(key, tuple) and bits == 16:
        picture.info["transparency"] = tuple(value >> 8 for value in key)


def _of_gamma(gamma: bytes | None, chromaticity: bytes | None) -> bytes | None:
    if not gamma or len(gamma) != 4 or not chromaticity or len(chromaticity) != 32:
        return None
    points = tuple(value / _UNIT for value in struct.unpack(">8I", chromaticity))
    return profile_of_gamma(int.from_bytes(gamma, "big") / _UNIT, points)


def _without(data: bytes, kind: bytes) -> bytes:
    kept = bytearray(png.SIGNATURE)
    for each in png.chunks(data):
        if each.kind != kind:
            kept += data[each.at : each.end]
    return bytes(kept)
