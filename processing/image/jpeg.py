"""Finds the segments and scans of a JPEG without decoding any of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

START_OF_SCAN: Final = 0xDA
END_OF_IMAGE: Final = 0xD9
_START_OF_IMAGE: Final = 0xD8
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC9, 0xCA, 0xCB})
_PROGRESSIVE_FRAMES: Final = frozenset({0xC2, 0xCA})
_COEFFICIENTS: Final = 64  # of a block: the mean, then ever finer detail
_NOTHING_YET: Final = 99


@dataclass(frozen=True, slots=True)
class Segment:
    """One marker with what belongs to it; a scan's coded pixels belong to its header."""

    marker: int
    at: int  # of its 0xFF
    body: int  # behind marker and length
    end: int
    is_whole: bool  # the bytes say themselves where it ends; False: the file ends first


def segments(data: bytes) -> Iterator[Segment]:
    """The segments of the first picture in `data`, in order, its end included if there is one.

    IndexError where something else than a marker stands, or where a header is cut short.
    """
    at = 2
    while at < len(data):
        if data[at] != 0xFF:
            raise IndexError
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker == END_OF_IMAGE:
            yield Segment(marker, at, at + 2, at + 2, is_whole=True)
            return
        else:
            yield (found := _with_length(data, at, marker))
            at = found.end


def is_progressive(data: bytes) -> bool:
    """Whether the picture comes in passes of rising detail, which only all together are whole."""
    frame = next(each for each in segments(data) if each.marker in _FRAMES)
    return frame.marker in _PROGRESSIVE_FRAMES


def coarsest_bit(data: bytes) -> int:
    """How many low bits the worst known coefficient lacks, counting whole scans only; 0: none."""
    missing: dict[int, list[int]] = {}
    for each in segments(data):
        if each.marker in _FRAMES:
            count = data[each.body + 5]
            names = data[each.body + 6 : each.body + 6 + 3 * count : 3]
            missing = {name: [_NOTHING_YET] * _COEFFICIENTS for name in names}
        if each.marker == START_OF_SCAN and each.is_whole:
            count = data[each.body]
            first, last, bits = data[each.body + 1 + 2 * count : each.body + 4 + 2 * count]
            for name in data[each.body + 1 : each.body + 1 + 2 * count : 2]:
                missing[name][first : last + 1] = [bits & 15] * (last + 1 - first)
    return max((max(bits) for bits in missing.values()), default=_NOTHING_YET)


def _with_length(data: bytes, at: int, marker: int) -> Segment:
    if 0xD0 <= marker <= _START_OF_IMAGE or marker == 0x01:
        return Segment(marker, at, at + 2, at + 2, is_whole=True)  # stands alone
    size = int.from_bytes(data[at + 2 : at + 4], "big")
    end = at + 2 + size
    if size < 2 or end > len(data):
        raise IndexError
    if marker != START_OF_SCAN:
        return Segment(marker, at, at + 4, end, is_whole=True)
    end = _scan_end(data, end)
    return Segment(marker, at, at + 4, end, is_whole=end < len(data))


def _scan_end(data: bytes, at: int) -> int:
    """Where the next marker stands that is neither a stuffed 0xFF nor a restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            return len(data)
        if data[at + 1] == 0 or 0xD0 <= data[at + 1] <= 0xD7:
            at += 2
        else:
            return at
