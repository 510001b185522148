"""Refuses pictures that promise far more than their bytes can hold."""

from pathlib import Path
from typing import Final

from PIL import Image

from compression_config import Limits
from errors import CorruptMediaError, LimitFramesError, LimitPixelsError
from processing.image.jpeg import START_OF_SCAN, segments

# A block of 8 x 8 pixels takes a bit at least, even where it repeats the one before.
_PIXELS_OF_A_JPEG_BYTE: Final = 512
_BYTES_OF_A_PIXEL: Final = {"1": 1, "L": 1, "I;16": 2, "LA": 4, "I": 4, "F": 4}
_BYTES_OF_A_DEEP_PIXEL: Final = 8  # in the file; decoders keep half of each colour's 16 bits
_PASSES_BYTES: Final = 6  # of a pixel, while a progressive JPEG's passes are put together
_JPEG: Final = frozenset({"JPEG", "MPO"})


def refuse_hollow(picture: Image.Image, source: Path, limits: Limits) -> None:
    """Raise LimitPixelsError, or CorruptMediaError, where size and bytes cannot both be honest."""
    size_bytes = source.stat().st_size
    pixels = picture.width * picture.height
    if picture.format in _JPEG:
        if pixels > size_bytes * _PIXELS_OF_A_JPEG_BYTE:
            raise CorruptMediaError
        _refuse_passes(source, limits)
        if not picture.info.get("progressive"):
            return  # decoded row by row, at reduced scale
    unpacked = pixels * _bytes_of_a_pixel(picture)
    passes = pixels * _PASSES_BYTES if picture.format in _JPEG else 0
    is_large = unpacked + passes > limits.max_hollow_image_bytes
    if is_large and unpacked > size_bytes * limits.max_image_unpacking:
        raise LimitPixelsError


def _bytes_of_a_pixel(picture: Image.Image) -> int:
    in_the_file = getattr(picture, "tile", ())
    if picture.mode in {"RGB", "RGBA"} and any(";16" in str(tile.args) for tile in in_the_file):
        return _BYTES_OF_A_DEEP_PIXEL
    return _BYTES_OF_A_PIXEL.get(picture.mode, 4)


def _refuse_passes(source: Path, limits: Limits) -> None:
    """Each pass over a picture takes time, though it may add nothing to it."""
    data = source.read_bytes()
    if data.count(b"\xff\xda") <= limits.max_jpeg_passes:
        return  # not all of them need be the picture's own
    count = 0
    for each in segments(data):
        count += each.marker == START_OF_SCAN
        if count > limits.max_jpeg_passes:
            raise LimitFramesError("The picture comes in more passes than this service accepts.")
