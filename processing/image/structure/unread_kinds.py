"""Tells sound files of kinds that our decoders do not know from damaged ones."""

import struct
from pathlib import Path
from typing import Final

from processing.image.structure import jpeg, tiff

MESSAGE: Final = "The picture is coded in a way that this service does not read."

# Four letters that stand in a HEIF where its image is coded as HEVC; AVIF needs none of these.
_HEVC: Final = (b"hvc1", b"hev1", b"lhv1", b"hvcC")
_AV1: Final = (b"av01", b"av1C")
# Of a JPEG's frames: baseline, extended and progressive, with Huffman's or arithmetic coding.
_READ_JPEG_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
_READ_JPEG_CHANNELS: Final = frozenset({1, 3, 4})
_READ_BITMAP_PACKINGS: Final = frozenset({0, 1, 2, 3, 6})
_READ_BITMAP_BITS: Final = frozenset({1, 4, 8, 16, 24, 32})
_APPLES_PNG: Final = b"CgBI"


def is_of_unread_kind(source: Path, format_name: str) -> bool:
    """Whether a file that could not be opened looks whole, but coded in some rarer way."""
    if format_name == "tiff":
        return any(tiff.IMAGE_WIDTH in each.tags for each in tiff.directories(source))
    data = source.read_bytes()
    if format_name in {"heic", "avif"}:
        names = _HEVC if format_name == "heic" else _AV1
        return b"meta" in data[:4096] and not any(name in data for name in names)
    if format_name == "bmp":
        return _is_unread_bitmap(data)
    return False


def is_unread_jpeg(data: bytes) -> bool:
    """Whether a JPEG is one of 12 bits, without loss, in steps of size, or of 2 or 5 channels."""
    try:
        frame = next(each for each in jpeg.segments(data) if each.marker in jpeg.FRAMES)
        bits, channels = data[frame.body], data[frame.body + 5]
    except (IndexError, StopIteration):
        return False
    is_read = frame.marker in _READ_JPEG_FRAMES and bits == 8 and channels in _READ_JPEG_CHANNELS
    return not is_read


def is_unread_png(data: bytes) -> bool:
    """Whether a PNG is what Apple's tools make of one for their own devices only."""
    return data[12:16] == _APPLES_PNG


def _is_unread_bitmap(data: bytes) -> bool:
    try:
        size, _, _, _, bits, packing = struct.unpack_from("<IiiHHI", data, 14)
    except struct.error:
        return False
    if size < 40:
        return False
    return packing not in _READ_BITMAP_PACKINGS or bits not in _READ_BITMAP_BITS
