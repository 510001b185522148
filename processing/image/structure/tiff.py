"""Reads the directories of a TIFF without decoding any of it."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

IMAGE_WIDTH: Final = 256
COMPRESSION: Final = 259
PHOTOMETRIC: Final = 262
FILL_ORDER: Final = 266
PLANAR: Final = 284
SUB_DIRECTORIES: Final = 330
APART: Final = 2  # PLANAR: each channel is stored by itself.
YCBCR: Final = 6  # PHOTOMETRIC
LOW_BIT_FIRST: Final = 2  # FILL_ORDER
_KIND, _OLD_KIND = 254, 255
_REDUCED, _MASK = 1, 4  # bits of a directory's kind
_OLD_REDUCED: Final = 2
_MOST_DIRECTORIES: Final = 1000  # A chain of them may be endless.
_MOST_ENTRIES: Final = 4096
_BIG_SIGNATURES: Final = (b"II+\0", b"MM\0+")  # of BigTIFF
_FORMS: Final = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}  # by the type of a value


class Directory(NamedTuple):
    """One image of a TIFF."""

    number: int  # from 0
    tags: dict[int, int]  # each tag of whole numbers with its only value; of several, with 0

    @property
    def is_page(self) -> bool:
        """Whether it is an image of its own: no smaller copy of another, and no mask over one."""
        is_part = self.tags.get(_KIND, 0) & (_REDUCED | _MASK)
        return not is_part and self.tags.get(_OLD_KIND) != _OLD_REDUCED


def directories(source: Path) -> Iterator[Directory]:
    """The directories in order, up to the first that is damaged, and to 1,000."""
    with source.open("rb") as file:
        head = file.read(16)
        order, is_big = "<" if head[:2] == b"II" else ">", head[:4] in _BIG_SIGNATURES
        place = struct.Struct(order + ("Q" if is_big else "I"))
        try:
            (at,) = place.unpack_from(head, 8 if is_big else 4)
            seen: set[int] = set()
            while at and at not in seen and len(seen) < _MOST_DIRECTORIES:
                number = len(seen)
                seen.add(at)
                file.seek(at)
                tags = _tags(file, order, is_big=is_big)
                (at,) = place.unpack(file.read(place.size).ljust(place.size, b"\0"))
                yield Directory(number, tags)
        except (struct.error, OSError, OverflowError):
            return


def _tags(file: BinaryIO, order: str, *, is_big: bool) -> dict[int, int]:
    count_form, entry = (
        order + ("Q" if is_big else "H"),
        struct.Struct(order + ("HHQ8s" if is_big else "HHI4s")),
    )
    (count,) = struct.unpack(count_form, file.read(struct.calcsize(count_form)))
    tags = {}
    for _ in range(min(count, _MOST_ENTRIES)):
        tag, kind, values, value = entry.unpack(file.read(entry.size))
        form = _FORMS.get(kind)
        is_here = values == 1 and form and struct.calcsize(order + form) <= len(value)
        tags[tag] = struct.unpack_from(order + str(form), value)[0] if is_here else 0
    file.seek(entry.size * max(0, count - _MOST_ENTRIES), 1)
    return tags
