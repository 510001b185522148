"""Reads the directories of a TIFF without decoding any of it."""

import struct
from pathlib import Path
from typing import Final

IMAGE_WIDTH: Final = 256
_ENTRY_BYTES: Final = 12
_MOST_ENTRIES: Final = 1000
BIG_SIGNATURES: Final = (b"II+\0", b"MM\0+")  # of BigTIFF


def has_more_pages(source: Path) -> bool:
    """Whether there is a second directory; never how many, for a chain of them may be endless."""
    with source.open("rb") as file:
        head = file.read(16)
        order = _byte_order(head)
        is_big = head[:4] in BIG_SIGNATURES
        place, count, entry = ("Q", "Q", 20) if is_big else ("I", "H", _ENTRY_BYTES)
        try:
            (first,) = struct.unpack_from(order + place, head, 8 if is_big else 4)
            file.seek(first)
            (entries,) = struct.unpack(order + count, file.read(struct.calcsize(count)))
            file.seek(min(entries, 1 << 20) * entry, 1)
            (second,) = struct.unpack(order + place, file.read(struct.calcsize("=" + place)))
        except (struct.error, OSError):
            return False
        return bool(0 < second < source.stat().st_size and second != first)


def first_tags(data: bytes) -> frozenset[int]:
    """The tags of the first directory, not of a BigTIFF; none where it is not all there."""
    order = _byte_order(data)
    try:
        (at,) = struct.unpack_from(order + "I", data, 4)
        (count,) = struct.unpack_from(order + "H", data, at)
        return frozenset(
            struct.unpack_from(order + "H", data, at + 2 + number * _ENTRY_BYTES)[0]
            for number in range(min(count, _MOST_ENTRIES))
        )
    except struct.error:
        return frozenset()


def _byte_order(head: bytes) -> str:
    return "<" if head[:2] == b"II" else ">"
