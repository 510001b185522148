"""Finds the coded pixels in the bytes of an image, without decoding any of them."""

from typing import Final

from processing.image.structure.webp import coded_pixels
from processing.isobmff.heif_items import coded_items

_CODESTREAM: Final = b"\xff\x4f\xff\x51"  # of JPEG 2000


def coded_pieces(data: bytes, format_name: str) -> list[bytes]:
    """What of a still is pixels, by Pillow's name of its format; none of formats with checksums."""
    if format_name == "WEBP":
        return [coded_pixels(data)]
    if format_name in {"HEIF", "AVIF"}:
        return coded_items(data)
    at = data.find(_CODESTREAM) if format_name == "JPEG2000" else -1
    return [data[at:]] if at >= 0 else []
