"""Reads from a JPEG 2000 (ISO/IEC 15444-1) what its decoder does not tell."""

import struct
from typing import Final, NamedTuple

from processing.isobmff.boxes import image_boxes
from processing.isobmff.heif_items import find

_START: Final = b"\xff\x4f\xff\x51"  # of a codestream
_CODING_STYLE, _START_OF_TILE = 0x52, 0x90
_LEVELS_AT: Final = 9  # behind a marker: its length, the style, the packets, then these
_PROFILED: Final = frozenset({2, 3})  # methods of a colour's description: ICC's


class Description(NamedTuple):
    """What its headers say."""

    levels: int  # how often it can be halved while it is decoded
    profile: bytes | None  # ICC's


def description(data: bytes) -> Description:
    """What the headers of `data` say; nothing where they are damaged."""
    try:
        return Description(_levels(data), _profile(data))
    except (IndexError, struct.error):
        return Description(0, None)


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


def _profile(data: bytes) -> bytes | None:
    header = find(data, b"jp2h")
    if header is None:
        return None
    colors = (box for box in image_boxes(data, header.body, header.end) if box.kind == b"colr")
    found = next((box for box in colors if data[box.body] in _PROFILED), None)
    return data[found.body + 3 : found.end] if found else None
