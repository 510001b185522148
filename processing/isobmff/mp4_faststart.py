"""Copies an mp4 or mov with its index in front of its media, so that it plays at once."""

import os
import shutil
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from processing.isobmff.boxes import Box, UntiledError, boxes, boxes_below

_OPENED: Final = dict.fromkeys((b"trak", b"mdia", b"minf", b"stbl"), 0)
# Tables of offsets in the file, and the letter by which array calls their numbers.
_NUMBERS: Final = {b"stco": "I", b"co64": "Q"}
# Fragments, a packed index and encryption's tables give offsets in ways of their own.
_FOREIGN: Final = frozenset({b"mvex", b"cmov", b"saio"})
_TABLE_HEADER_BYTES: Final = 8
_MOST_BOXES: Final = 1000  # side by side; only fragmented files have more than a few
_CHUNK_BYTES: Final = 64 * 1024


class _UnmovableError(Exception):
    """The index had better stay where it is."""


@dataclass(frozen=True, slots=True)
class _Move:
    index: Box
    to: int  # where the index goes; all from there to its old place makes room
    size_bytes: int  # of the file

    @property
    def by(self) -> int:
        """How far the media moves."""
        return self.index.end - self.index.at

    def offset(self, old: int) -> int:
        """Where a chunk of media begins afterwards."""
        if self.to <= old < self.index.at:
            return old + self.by
        if self.index.end <= old < self.size_bytes:
            return old
        raise _UnmovableError


def copy_with_index_first(source: Path, target: Path) -> None:
    """Copy `source` to `target`, its index first: the same size, the same video and sound.

    A file that is fragmented, or unusual in any way, keeps its order. Memory does not grow with it.
    """
    with source.open("rb") as file:
        try:
            move = _planned(file)
        except (UntiledError, _UnmovableError):
            move = None
    if move is None:
        shutil.copyfile(source, target)
        return
    with source.open("rb") as read, target.open("w+b") as written:
        parts = [(0, move.to), (move.index.at, move.index.end)]
        for start, end in (*parts, (move.to, move.index.at), (move.index.end, move.size_bytes)):
            _copy(read, written, start, end)
        moved = Box(b"moov", move.to, move.to + move.index.body - move.index.at, move.to + move.by)
        for table in _tables(written, moved):
            for at, numbers in _chunks(written, table):
                written.seek(at)
                written.write(_stored(_moved(numbers, move)))


def _planned(file: BinaryIO) -> _Move | None:
    """The move that brings the index to the front; None when it is there."""
    size_bytes = os.fstat(file.fileno()).st_size
    top = list(islice(boxes(file, 0, size_bytes), _MOST_BOXES + 1))
    kinds = [box.kind for box in top]
    is_plain = kinds.count(b"moov") == 1 and b"mdat" in kinds and b"moof" not in kinds
    if not is_plain or len(top) > _MOST_BOXES:
        return None
    at = kinds.index(b"moov")
    if at < kinds.index(b"mdat") or _is_open_ended(file, top[at]):
        return None
    move = _Move(top[at], top[0].end if kinds[0] == b"ftyp" else 0, size_bytes)
    for table in _tables(file, move.index):
        for _, numbers in _chunks(file, table):
            _moved(numbers, move)
    return move


def _is_open_ended(file: BinaryIO, box: Box) -> bool:
    """Whether the box reaches to the end of the file, wherever that is, by a size of 0."""
    file.seek(box.at)
    return file.read(4) == bytes(4)


def _tables(file: BinaryIO, index: Box) -> Iterator[Box]:
    for box in boxes_below(file, index, _OPENED):
        if box.kind in _FOREIGN:
            raise _UnmovableError
        if box.kind in _NUMBERS:
            yield box


def _chunks(file: BinaryIO, table: Box) -> Iterator[tuple[int, "array[int]"]]:
    """A table's numbers, some thousands at a time, and where in the file those are."""
    code = _NUMBERS[table.kind]
    file.seek(table.body)
    count = int.from_bytes(file.read(_TABLE_HEADER_BYTES)[4:], "big")
    at, left = table.body + _TABLE_HEADER_BYTES, count * array(code).itemsize
    if at + left > table.end:
        raise _UnmovableError
    while left > 0:
        file.seek(at)
        data = file.read(min(left, _CHUNK_BYTES))
        numbers = array(code, data)
        _swap(numbers)
        yield at, numbers
        at, left = at + len(data), left - len(data)


def _moved(numbers: "array[int]", move: _Move) -> "array[int]":
    try:
        return array(numbers.typecode, map(move.offset, numbers))
    except OverflowError as error:
        raise _UnmovableError from error  # The offset is past what 32 bits can name.


def _stored(numbers: "array[int]") -> bytes:
    _swap(numbers)
    return numbers.tobytes()


def _swap(numbers: "array[int]") -> None:
    if sys.byteorder == "little":
        numbers.byteswap()


def _copy(read: BinaryIO, written: BinaryIO, start: int, end: int) -> None:
    read.seek(start)
    while start < end:
        data = read.read(min(_CHUNK_BYTES, end - start))
        if not data:
            raise UntiledError
        start += written.write(data)
