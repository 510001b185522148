"""Decodes a JPEG whose end is missing in two ways that differ exactly where data is missing."""

import hashlib
import io
from pathlib import Path
from typing import Final

from PIL import Image, ImageFile

from processing.image.jpeg import START_OF_SCAN, coarsest_bit, is_progressive, segments

PATH: Final = "path"  # in a picture's info: of the file it is read from
_END: Final = b"\xff\xd9"
_GREY: Final = 128  # what decoders show where nothing has come
_LOOKED_AT_SHARE: Final = 0.05
_NOISE_BYTES: Final = 64 * 1024


def looks_cut(picture: Image.Image) -> bool:
    """Whether a decoded picture ends in the grey that stands for missing data."""
    top = picture.height - max(1, int(picture.height * _LOOKED_AT_SHARE))
    extrema = picture.crop((0, top, *picture.size)).getextrema()
    bands = extrema if isinstance(extrema[0], tuple) else (extrema,)
    return all(band == (_GREY, _GREY) for band in bands)


def decoded_two_ways(picture: Image.Image) -> tuple[Image.Image, Image.Image] | None:
    """The picture with nothing, then with noise, behind its last data; None: that proves nothing.

    A progressive picture is whole when nothing but the last bit of its detail is missing, or when
    nothing but the end of its last pass is. Raises IndexError where headers are damaged, too.
    """
    data = Path(picture.info[PATH]).read_bytes()
    scans = [each for each in segments(data) if each.marker == START_OF_SCAN]
    if not scans:
        return None
    coded = data[: scans[-1].end].rstrip(b"\0")
    if coded.endswith(b"\xff"):
        coded += b"\0"
    plain = _decoded(picture, coded + _END)
    if is_progressive(data):
        if coarsest_bit(coded) <= 1:
            return plain, plain
        if coarsest_bit(coded + _END) > 0:
            return None
    return plain, _decoded(picture, coded + _noise() + _END)


def _noise() -> bytes:
    return hashlib.shake_128().digest(_NOISE_BYTES).replace(b"\xff", b"\x7f")


def _decoded(picture: Image.Image, data: bytes) -> Image.Image:
    """`data` decoded as `picture` was about to be: at the same reduced scale."""
    again = Image.open(io.BytesIO(data), formats=["JPEG"])
    if not isinstance(again, ImageFile.ImageFile) or not isinstance(picture, ImageFile.ImageFile):
        raise OSError("not decoded piece by piece")
    scale = max(1, round(again.width / picture.width))
    again.draft(picture.mode, (again.width // scale, again.height // scale))
    if again.size != picture.size or again.mode != picture.mode:
        raise OSError("it decodes to something else")
    again.load()
    return again
