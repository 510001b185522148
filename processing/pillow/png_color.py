"""Turns what a PNG says of its colours, in any of five ways, into an ICC profile inside of it."""

import struct
import zlib
from typing import Final

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
