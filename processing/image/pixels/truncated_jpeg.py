"""Decodes a JPEG whose end is missing in two ways that differ exactly where data is missing."""

import hashlib
import io
from typing import Final

from PIL import Image, ImageFile

from processing.image.pixels.opened import Opened
from processing.image.structure.jpeg import START_OF_SCAN, coarsest_bit, is_progressive, segments

_END: Final = b"\xff\xd9"
_GREY: Final = 128  # Decoders show it where nothing has come.
_LOOKED_AT_SHARE: Final = 0.05
_NOISE_BYTES: Final = 64 * 1024


def looks_cut(image: Image.Image) -> bool:
    """Whether a decoded image ends in the grey that stands for missing data."""
    top = image.height - max(1, int(image.height * _LOOKED_AT_SHARE))
    extrema = image.crop((0, top, *image.size)).getextrema()
    bands = extrema if isinstance(extrema[0], tuple) else (extrema,)
    return all(band == (_GREY, _GREY) for band in bands)


def decoded_two_ways(opened: Opened) -> tuple[Image.Image, Image.Image] | None:
    """The image with nothing, then with noise, behind its last data; None: that proves nothing.

    A progressive image is whole when nothing but the last bit of its detail is missing, or when
    nothing but the end of its last pass is. Raises IndexError where headers are damaged, too.
    """
    data = opened.path.read_bytes()
    scans = [each for each in segments(data) if each.marker == START_OF_SCAN]
    if not scans:
        return None
    coded = data[: scans[-1].end].rstrip(b"\0")
    if coded.endswith(b"\xff"):
        coded += b"\0"
    plain = _decoded(opened.image, coded + _END)
    if is_progressive(data):
        if coarsest_bit(coded) <= 1:
            return plain, plain
        if coarsest_bit(coded + _END) > 0:
            return None
    return plain, _decoded(opened.image, coded + _noise() + _END)


def _noise() -> bytes:
    return hashlib.shake_128().digest(_NOISE_BYTES).replace(b"\xff", b"\x7f")


def _decoded(image: Image.Image, data: bytes) -> Image.Image:
    """`data` decoded as `image` was about to be: at the same reduced scale."""
    again = Image.open(io.BytesIO(data), formats=["JPEG"])
    if not isinstance(again, ImageFile.ImageFile) or not isinstance(image, ImageFile.ImageFile):
        raise OSError("not decoded piece by piece")
    scale = max(1, round(again.width / image.width))
    again.draft(image.mode, (again.width // scale, again.height // scale))
    if again.size != image.size or again.mode != image.mode:
        raise OSError("it decodes to something else")
    again.load()
    return again
