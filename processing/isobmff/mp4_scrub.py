"""Blanks the metadata in a copy of an mp4 or mov, which keeps its exact size."""

from pathlib import Path
from typing import BinaryIO, Final

from processing.isobmff.boxes import Box, boxes, boxes_below
from processing.isobmff.mp4_faststart import copy_with_index_first

_CHUNK: Final = bytes(64 * 1024)
# Players need these; any other box becomes free space of the same length.
_KEPT_AT_TOP: Final = frozenset(
    {b"ftyp", b"styp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"wide"}
)
_BLANKED_INSIDE: Final = frozenset({b"udta", b"meta", b"uuid", b"free", b"skip"})
_OPENED: Final = dict.fromkeys((b"moov", b"trak", b"mdia", b"minf", b"moof", b"traf", b"mvex"), 0)
_DATED: Final = frozenset({b"mvhd", b"tkhd", b"mdhd"})  # Each begins with times of day.


def scrub(source: Path, target: Path) -> None:
    """Copy `source` to `target` without places, names, dates and notes; sizes stay as they are.

    Video, sound, timing and rotation are untouched; an index that comes last moves to the front,
    where it can be moved. Raises UntiledError, leaving a partial `target`, when the file is not
    made of whole boxes.
    """
    copy_with_index_first(source, target)
    with target.open("r+b") as file:
        for box in boxes(file, 0, target.stat().st_size):
            if box.kind not in _KEPT_AT_TOP:
                _blank(file, box)
            elif box.kind in _OPENED:
                _scrub_inside(file, box)


def _scrub_inside(file: BinaryIO, parent: Box) -> None:
    for box in boxes_below(file, parent, _OPENED):
        if box.kind in _BLANKED_INSIDE:
            _blank(file, box)
        elif box.kind in _DATED:
            _undate(file, box)


def _blank(file: BinaryIO, box: Box) -> None:
    file.seek(box.at + 4)
    file.write(b"free")
    file.seek(box.body)
    left = box.end - box.body
    while left > 0:
        left -= file.write(_CHUNK[:left])


def _undate(file: BinaryIO, box: Box) -> None:
    """Zero the creation and modification times, which mean "unknown" then."""
    file.seek(box.body)
    is_64_bit = file.read(1) == b"\x01"
    file.seek(box.body + 4)
    file.write(bytes(min(16 if is_64_bit else 8, max(0, box.end - box.body - 4))))
