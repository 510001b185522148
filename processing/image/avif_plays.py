"""Reads and writes how often an animated AVIF plays, which Pillow knows nothing of."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from processing.image.heif_boxes import boxes

_OPENED: Final = frozenset({b"moov", b"trak", b"edts"})
_REPEATS: Final = 1  # flag of elst: what it holds is played again and again
_DURATION_AT: Final = {b"mvhd": (16, 24), b"tkhd": (20, 28)}  # by version, behind the header
_FOR_EVER: Final = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


@dataclass(frozen=True, slots=True)
class _Edit:
    at: int  # of the list
    repeats: bool
    duration: int  # of one time, in the units of mvhd


def plays_of(data: bytes) -> int:
    """How often it plays, from its first track; 0: for ever, or not said."""
    try:
        found = list(_below(data, 0, len(data)))
        edit = next(_edit(data, at) for kind, at in found if kind == b"elst")
        whole = next(_duration(data, kind, at) for kind, at in found if kind == b"tkhd")
    except (StopIteration, IndexError, struct.error):
        return 0
    if not edit.repeats:
        return 1
    return 0 if whole in _FOR_EVER or not edit.duration else -(-whole // edit.duration)


def with_plays(data: bytes, plays: int) -> bytes:
    """The same animation, as our encoder writes it, made to play so often; 0: for ever, as it is.

    Of the same length. ValueError where it is laid out in another way.
    """
    found = list(_below(data, 0, len(data)))
    edits = [_edit(data, at) for kind, at in found if kind == b"elst"]
    if plays == 0 or not edits:
        return data
    whole = max(edit.duration for edit in edits) * plays
    result = bytearray(data)
    for edit in edits:
        result[edit.at + 3] = _REPEATS if plays > 1 else 0
    for kind, at in found:
        if kind in _DURATION_AT:
            place, form = _place(data, kind, at)
            if whole >= _FOR_EVER[form == ">Q"]:
                raise ValueError("longer than can be said")
            struct.pack_into(form, result, place, whole)
    return bytes(result)


def _below(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int]]:
    for kind, body, after in boxes(data, at, end):
        yield kind, body
        if kind in _OPENED:
            yield from _below(data, body, after)


def _edit(data: bytes, at: int) -> _Edit:
    (count,) = struct.unpack_from(">I", data, at + 4)
    (duration,) = struct.unpack_from(">Q" if data[at] else ">I", data, at + 8)
    return _Edit(at, bool(data[at + 3] & _REPEATS) or count != 1, duration)


def _duration(data: bytes, kind: bytes, at: int) -> int:
    place, form = _place(data, kind, at)
    return int(struct.unpack_from(form, data, place)[0])


def _place(data: bytes, kind: bytes, at: int) -> tuple[int, str]:
    is_long = data[at] == 1
    return at + _DURATION_AT[kind][is_long], ">Q" if is_long else ">I"
