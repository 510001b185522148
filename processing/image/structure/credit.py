"""Writes the names of author and owner, and nothing else, into a finished image."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from notes import Note, NoteCode
from processing.image.structure import jpeg, png, webp
from processing.isobmff.avif_exif import with_exif_item

ARTIST, COPYRIGHT = 0x013B, 0x8298  # of EXIF 2.3
_INSERTERS: Final[dict[str, Callable[[bytes, bytes], bytes]]] = {
    "avif": with_exif_item,
    "jpeg": jpeg.with_exif,
    "png": png.with_exif,
    "webp": webp.with_exif,
}


@dataclass(frozen=True, slots=True)
class Credit:
    """Who made an image and who owns it; empty: not said."""

    artist: str = ""
    copyright: str = ""

    def __bool__(self) -> bool:
        """Whether anything is said."""
        return bool(self.artist or self.copyright)


def add_credit(path: Path, format_name: str, credit: Credit, most_bytes: int) -> tuple[Note, ...]:
    """Write `credit` into the finished image at `path`, if there is room; what to say of it."""
    if not credit:
        return ()
    silent = path.read_bytes()
    speaking = with_credit(silent, format_name, credit)
    if speaking == silent or len(speaking) > most_bytes:
        return (Note(NoteCode.CREDIT_LEFT_OUT),)
    path.write_bytes(speaking)
    return ()


def with_credit(data: bytes, format_name: str, credit: Credit) -> bytes:
    """A finished, silent image with an EXIF block of at most these two tags.

    Unchanged where nothing is to be said, or where there is no place for it: in a GIF, and in an
    animated AVIF.
    """
    insert = _INSERTERS.get(format_name)
    return insert(data, _exif_block(credit)) if insert and credit else data


def _exif_block(credit: Credit) -> bytes:
    """A TIFF with one directory of one or two texts."""
    texts = [
        (tag, text.encode() + b"\0")
        for tag, text in ((ARTIST, credit.artist), (COPYRIGHT, credit.copyright))
        if text
    ]
    at = 8 + 2 + 12 * len(texts) + 4
    entries, bodies = b"", b""
    for tag, text in texts:
        fits = len(text) <= 4
        place = text.ljust(4, b"\0") if fits else struct.pack(">I", at + len(bodies))
        entries += struct.pack(">HHI", tag, 2, len(text)) + place
        bodies += b"" if fits else text + b"\0" * (len(text) % 2)
    return b"MM\0*\0\0\0\x08" + struct.pack(">H", len(texts)) + entries + bytes(4) + bodies
