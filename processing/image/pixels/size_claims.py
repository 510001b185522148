"""Refuses images that claim more than is accepted, or far more than their bytes can hold."""

from pathlib import Path
from typing import Final

from PIL import Image

from compression_config import LIMITS
from errors import CorruptMediaError, LimitFramesError, LimitPixelsError
from processing.image.info import ImageInfo
from processing.image.structure.jpeg import START_OF_SCAN, segments
from processing.image.structure.webp import canvas

# A block of 8 x 8 pixels takes a bit at least, even where it repeats the one before.
_PIXELS_OF_A_JPEG_BYTE: Final = 512
_BYTES_OF_A_PIXEL: Final = {"1": 1, "L": 1, "I;16": 2, "LA": 4, "I": 4, "F": 4}
_BYTES_OF_A_DEEP_PIXEL: Final = 8  # in the file; decoders keep half of each colour's 16 bits
_TOO_EMPTY: Final = "The picture has far more pixels than so small a file can fill."
_MOST_UNHALVED_PIXELS: Final = 40_000_000
_JPEG: Final = frozenset({"JPEG", "MPO"})


def refuse_canvas(webp: Path) -> None:
    """Raise LimitPixelsError for a WebP before Pillow sees it and makes room for all of it."""
    with webp.open("rb") as file:
        width, height = canvas(file.read(30))
    unpacked = width * height * 4
    is_unfilled = unpacked > webp.stat().st_size * LIMITS.max_image_unpacking
    if width * height > LIMITS.max_image_pixels:
        raise LimitPixelsError
    if is_unfilled and unpacked > LIMITS.max_empty_image_bytes:
        raise LimitPixelsError(_TOO_EMPTY)


def refuse_pixels(image: Image.Image) -> None:
    """Raise LimitPixelsError for more than can be decoded, whole or at reduced scale."""
    is_scaled = image.format in _JPEG and not image.info.get("progressive")
    most = LIMITS.max_scaled_jpeg_pixels if is_scaled else LIMITS.max_image_pixels
    if image.width * image.height > most:
        raise LimitPixelsError


def refuse_unhalved(image: Image.Image, halvings: int) -> None:
    """Raise LimitPixelsError for a JPEG 2000 that has to be decoded whole and is too large for it.

    Its decoder takes no end of memory and calls a lack of it damage.
    """
    if not halvings and image.width * image.height > _MOST_UNHALVED_PIXELS:
        raise LimitPixelsError("The picture needs more memory than this service gives.")


def refuse_false_claims(image: Image.Image, source: Path) -> None:
    """Raise LimitPixelsError, or CorruptMediaError, where size and bytes cannot both be honest."""
    size_bytes = source.stat().st_size
    pixels = image.width * image.height
    if image.format in _JPEG:
        if pixels > size_bytes * _PIXELS_OF_A_JPEG_BYTE:
            raise CorruptMediaError
        _refuse_passes(source)
        return  # It is decoded at reduced scale, and even its passes fit below the limit of pixels.
    unpacked = pixels * _bytes_of_a_pixel(image)
    is_large = unpacked > LIMITS.max_empty_image_bytes
    if is_large and unpacked > size_bytes * LIMITS.max_image_unpacking:
        raise LimitPixelsError(_TOO_EMPTY)


def refuse_frames(info: ImageInfo) -> None:
    """Raise LimitFramesError for an animation of too many frames, or of too many pixels in all."""
    too_much_work = info.frames * info.width * info.height > LIMITS.max_animation_pixels
    if info.frames > LIMITS.max_animation_frames:
        raise LimitFramesError
    if info.frames > 1 and too_much_work:
        raise LimitFramesError(
            "The frames of the animation have more pixels together than this service accepts."
        )


def _bytes_of_a_pixel(image: Image.Image) -> int:
    in_the_file = getattr(image, "tile", ())
    if image.mode in {"RGB", "RGBA"} and any(";16" in str(tile.args) for tile in in_the_file):
        return _BYTES_OF_A_DEEP_PIXEL
    return _BYTES_OF_A_PIXEL.get(image.mode, 4)


def _refuse_passes(source: Path) -> None:
    """Each pass over an image takes time, though it may add nothing to it."""
    data = source.read_bytes()
    if data.count(b"\xff\xda") <= LIMITS.max_jpeg_passes:
        return  # Not all of them need be the image's own.
    count = 0
    for each in segments(data):
        count += each.marker == START_OF_SCAN
        if count > LIMITS.max_jpeg_passes:
            raise LimitFramesError("The picture comes in more passes than this service accepts.")
