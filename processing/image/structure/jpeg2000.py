"""Reads from a JPEG 2000 (ISO/IEC 15444-1) what its decoder does not tell."""

import struct
from typing import Final, NamedTuple

from processing.isobmff.boxes import image_boxes
from processing.isobmff.heif_items import find

_START: Final = b"\xff\x4f\xff\x51"  # of a codestream
_CODING_STYLE, _START_OF_TILE = 0x52, 0x90
_END: Final = 0xD9
_LEAST_PART_BYTES: Final = 14
_LEVELS_AT: Final = 9  # behind a marker: its length, the style, the packets, then these
_PROFILED: Final = frozenset({2, 3})  # methods of a colour's description: ICC's


class Description(NamedTuple):
    """What its headers say."""

    levels: int  # how often it can be halved while it is decoded
    has_all_tiles: bool  # False: its decoder would leave some black, without complaint
    profile: bytes | None  # ICC's


def description(data: bytes) -> Description:
    """What the headers of `data` say; nothing where they are damaged."""
    try:
        tiles, first = _tiles_and_first_part(data)
        return Description(_levels(data), _found_tiles(data, first) >= tiles, _profile(data))
    except (IndexError, ZeroDivisionError, struct.error):
        return Description(0, has_all_tiles=False, profile=None)


def _levels(data: bytes) -> int:
    at = data.find(_START) + 2
    while at > 1:
        marker, length = struct.unpack_from(">xBH", data, at)
        if marker == _CODING_STYLE:
            return data[at + _LEVELS_AT]
        if marker == _START_OF_TILE or length < 2:
            break
        at += 2 + length
    return 0


def _tiles_and_first_part(data: bytes) -> tuple[int, int]:
    """How many tiles there have to be, and where the first part of one begins."""
    at = data.find(_START) + 2
    right, bottom, _, _, width, height, left, top = struct.unpack_from(">8I", data, at + 6)
    tiles = -(-(right - left) // width) * -(-(bottom - top) // height)
    while (marker := data[at + 1]) != _START_OF_TILE:
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
        if marker == _END:
            raise IndexError
    return tiles, at


def _found_tiles(data: bytes, at: int) -> int:
    found = set()
    while data[at : at + 2] == bytes([0xFF, _START_OF_TILE]):
        tile, length = struct.unpack_from(">HI", data, at + 4)
        found.add(tile)
        if not length:
            break  # It goes on to the end.
        at += max(length, _LEAST_PART_BYTES)
    return len(found)


def _profile(data: bytes) -> bytes | None:
    header = find(data, b"jp2h")
    if header is None:
        return None
    colors = (box for box in image_boxes(data, header.body, header.end) if box.kind == b"colr")
    found = next((box for box in colors if data[box.body] in _PROFILED), None)
    return data[found.body + 3 : found.end] if found else None
