"""Reads and writes how often an animated AVIF plays, which Pillow does not know."""

import struct
from typing import Final, NamedTuple

from processing.isobmff.boxes import AtDamage, Box, Walk, boxes_below, whole

_OPENED: Final = dict.fromkeys((b"moov", b"trak", b"edts"), 0)
_REPEATS: Final = 1  # flag of elst: what it holds is played again and again
_DURATION_AT: Final = {b"mvhd": (16, 24), b"tkhd": (20, 28)}  # by version, behind the header
_FOR_EVER: Final = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


class _Edit(NamedTuple):
    at: int  # of the list
    repeats: bool
    duration: int  # of one time, in the units of mvhd


def plays_of(data: bytes) -> int:
    """How often the animation plays, by its first track; 0: for ever, or not said."""
    try:
        found = _boxes(data)
        edit = next(_edit(data, box.body) for box in found if box.kind == b"elst")
        total = next(_duration(data, box) for box in found if box.kind == b"tkhd")
    except (StopIteration, IndexError, ValueError, struct.error):
        return 0
    if not edit.repeats:
        return 1
    return 0 if total in _FOR_EVER or not edit.duration else -(-total // edit.duration)


def with_plays(data: bytes, plays: int) -> bytes:
    """The same animation, as our encoder writes it, made to play so often; 0: for ever, as it is.

    Of the same length. ValueError where it is laid out in another way.
    """
    found = _boxes(data)
    edits = [_edit(data, box.body) for box in found if box.kind == b"elst"]
    if plays == 0 or not edits:
        return data
    total = max(edit.duration for edit in edits) * plays
    result = bytearray(data)
    for edit in edits:
        result[edit.at + 3] = _REPEATS if plays > 1 else 0
    for box in found:
        if box.kind in _DURATION_AT:
            place, form = _place(data, box)
            if total >= _FOR_EVER[form == ">Q"]:
                raise ValueError("longer than can be said")
            struct.pack_into(form, result, place, total)
    return bytes(result)


def _boxes(data: bytes) -> list[Box]:
    return list(boxes_below(data, whole(len(data)), _OPENED, Walk(AtDamage.STOP)))


def _edit(data: bytes, at: int) -> _Edit:
    (count,) = struct.unpack_from(">I", data, at + 4)
    (duration,) = struct.unpack_from(">Q" if data[at] else ">I", data, at + 8)
    return _Edit(at, bool(data[at + 3] & _REPEATS) or count != 1, duration)


def _duration(data: bytes, box: Box) -> int:
    place, form = _place(data, box)
    return int(struct.unpack_from(form, data, place)[0])


def _place(data: bytes, box: Box) -> tuple[int, str]:
    is_long = data[box.body] == 1
    return box.body + _DURATION_AT[box.kind][is_long], ">Q" if is_long else ">I"
