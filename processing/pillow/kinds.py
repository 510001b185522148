"""Tells sound files of kinds that our decoders do not know from damaged ones."""

import struct
from pathlib import Path
from typing import Final

# Four letters that stand in a HEIF where its picture is coded as HEVC; AVIF needs none of these.
_HEVC: Final = (b"hvc1", b"hev1", b"lhv1", b"hvcC")
_IMAGE_WIDTH: Final = 256
_ENTRY_BYTES: Final = 12
_MAX_ENTRIES: Final = 1000


def is_of_a_kind_not_read(source: Path, format_name: str) -> bool:
    """Whether a file that could not be opened looks whole, but coded in some rarer way."""
    data = source.read_bytes()
    if format_name == "heic":
        return b"meta" in data[:4096] and not any(name in data for name in _HEVC)
    is_big = data[:4] in {b"II+\0", b"MM\0+"}
    return format_name == "tiff" and (is_big or _begins_with_a_picture(data))


def _begins_with_a_picture(data: bytes) -> bool:
    """Whether a TIFF's first directory is all there and says how wide a picture is."""
    order = "<" if data[:2] == b"II" else ">"
    try:
        (at,) = struct.unpack_from(order + "I", data, 4)
        (count,) = struct.unpack_from(order + "H", data, at)
        tags = [
            struct.unpack_from(order + "H", data, at + 2 + number * _ENTRY_BYTES)[0]
            for number in range(min(count, _MAX_ENTRIES))
        ]
    except struct.error:
        return False
    return _IMAGE_WIDTH in tags
