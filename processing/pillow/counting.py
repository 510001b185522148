"""Counts the frames of a GIF and the pages of a TIFF without decoding any."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from processing.image.cleaning import color_table_bytes

_GIF_EXTENSION, _GIF_FRAME = b"!", b","


@dataclass(frozen=True, slots=True)
class GifFrames:
    """How many frames a GIF has."""

    whole: int
    is_cut: bool  # a further one begins, and the file ends in it


def gif_frames(source: Path, stop_after: int) -> GifFrames:
    """The frames of a GIF; counting stops after one more than `stop_after`."""
    with source.open("rb") as file:
        head = file.read(13)
        if len(head) < 13:
            return GifFrames(0, is_cut=True)
        file.seek(color_table_bytes(head[10]), 1)
        count = 0
        while count <= stop_after:
            kind = file.read(1)
            if kind == _GIF_EXTENSION:
                file.seek(1, 1)
                if not _skip_blocks(file):
                    break
            elif kind == _GIF_FRAME:
                flags = file.read(9)[8:9]
                file.seek(color_table_bytes(flags[0]) + 1 if flags else 0, 1)
                if not _skip_blocks(file):
                    return GifFrames(count, is_cut=True)
                count += 1
            else:
                break  # the end, the end of the file, or rubbish behind the last frame
        return GifFrames(count, is_cut=False)


def has_more_pages(source: Path) -> bool:
    """Whether a TIFF has a second directory: never how many, a chain of them may be endless."""
    with source.open("rb") as file:
        head = file.read(16)
        order = "<" if head[:2] == b"II" else ">"
        is_big = head[2:4] in {b"+\0", b"\0+"}
        place, count, entry = ("Q", "Q", 20) if is_big else ("I", "H", 12)
        try:
            (first,) = struct.unpack_from(order + place, head, 8 if is_big else 4)
            file.seek(first)
            (entries,) = struct.unpack(order + count, file.read(struct.calcsize(count)))
            file.seek(min(entries, 1 << 20) * entry, 1)
            (second,) = struct.unpack(order + place, file.read(struct.calcsize("=" + place)))
        except (struct.error, OSError):
            return False
        return bool(0 < second < source.stat().st_size and second != first)


def _skip_blocks(file: BinaryIO) -> bool:
    """Go behind a chain of data blocks; False when the file ends in it."""
    while size := file.read(1):
        if size == b"\0":
            return True
        if len(file.read(size[0])) < size[0]:
            return False
    return False
