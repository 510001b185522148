"""Blanks the metadata of an mp4 or mov in place, so that the file keeps its exact size."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

_HEADER_BYTES: Final = 8
_CHUNK: Final = bytes(64 * 1024)
# What players need; any other box becomes free space of the same length.
_KEPT_AT_TOP: Final = frozenset(
    {b"ftyp", b"styp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"wide"}
)
_BLANKED_INSIDE: Final = frozenset({b"udta", b"meta", b"uuid", b"free", b"skip"})
_OPENED: Final = frozenset({b"moov", b"trak", b"mdia", b"minf", b"moof", b"traf", b"mvex"})
_DATED: Final = frozenset({b"mvhd", b"tkhd", b"mdhd"})  # each begins with times of day


class UnscrubbableError(Exception):
    """The boxes do not tile the file, so something could hide between them."""


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    at: int
    body: int
    end: int


def scrub(source: Path, target: Path) -> None:
    """Copy `source` to `target` without places, names, dates and notes; sizes stay as they are.

    Pictures, sound, timing and rotation are untouched. Raises UnscrubbableError, leaving a partial
    `target`, when the file is not made of whole boxes.
    """
    shutil.copyfile(source, target)
    with target.open("r+b") as file:
        for box in _boxes(file, 0, target.stat().st_size):
            if box.kind not in _KEPT_AT_TOP:
                _blank(file, box)
            elif box.kind in _OPENED:
                _scrub_inside(file, box)


def _scrub_inside(file: BinaryIO, parent: _Box) -> None:
    for box in _boxes(file, parent.body, parent.end):
        if box.kind in _BLANKED_INSIDE:
            _blank(file, box)
        elif box.kind in _DATED:
            _undate(file, box)
        elif box.kind in _OPENED:
            _scrub_inside(file, box)


def _boxes(file: BinaryIO, at: int, end: int) -> Iterator[_Box]:
    while at < end:
        file.seek(at)
        header = file.read(16)
        size, body = int.from_bytes(header[:4], "big"), at + _HEADER_BYTES
        if size == 1:
            size, body = int.from_bytes(header[8:16], "big"), at + 16
        after = end if size == 0 else at + size
        if not body <= after <= end:
            raise UnscrubbableError
        yield _Box(header[4:8], at, body, after)
        at = after


def _blank(file: BinaryIO, box: _Box) -> None:
    file.seek(box.at + 4)
    file.write(b"free")
    file.seek(box.body)
    left = box.end - box.body
    while left > 0:
        left -= file.write(_CHUNK[:left])


def _undate(file: BinaryIO, box: _Box) -> None:
    """Zero the creation and modification times, which mean "unknown" then."""
    file.seek(box.body)
    is_64_bit = file.read(1) == b"\x01"
    file.seek(box.body + 4)
    file.write(bytes(16 if is_64_bit else 8))
