"""Reads and writes the segments of a JPEG without decoding any of it."""

import re
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from processing.image.structure.icc import silent

START_OF_SCAN: Final = 0xDA
END_OF_IMAGE: Final = 0xD9
_START_OF_IMAGE: Final = 0xD8
FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # which are tables
_PROGRESSIVE_FRAMES: Final = frozenset({0xC2, 0xCA})
_COEFFICIENTS: Final = 64  # of a block: the mean, then ever finer detail
_NOTHING_YET: Final = 99
_APP0, _APP1, _APP2, _APP14, _APP15, _COMMENT = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
_JFIF_BYTES: Final = 14  # APP0 without a thumbnail
_ADOBE_BYTES: Final = 12
_ICC: Final = b"ICC_PROFILE\0"
_EXIF: Final = b"Exif\0\0"
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_OTHER_MARKER: Final = re.compile(rb"\xff[^\0\xd0-\xd7]", re.DOTALL)
_LARGEST_PART: Final = 65_519  # of a profile, in one segment


class Segment(NamedTuple):
    """One marker with all that belongs to it; a scan's coded pixels belong to its header."""

    marker: int
    at: int  # of its 0xFF
    body: int  # behind marker and length
    end: int
    is_whole: bool  # the bytes say themselves where it ends; False: the file ends first


def segments(data: bytes) -> Iterator[Segment]:
    """The segments of the first image in `data`, in order, its end included if there is one.

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
    """Whether the image comes in passes of rising detail, which only all together are whole."""
    frame = next(each for each in segments(data) if each.marker in FRAMES)
    return frame.marker in _PROGRESSIVE_FRAMES


def coarsest_bit(data: bytes) -> int:
    """How many low bits the worst known coefficient lacks, counting whole scans only; 0: none."""
    missing: dict[int, list[int]] = {}
    for each in segments(data):
        if each.marker in FRAMES:
            count = data[each.body + 5]
            names = data[each.body + 6 : each.body + 6 + 3 * count : 3]
            missing = {name: [_NOTHING_YET] * _COEFFICIENTS for name in names}
        if each.marker == START_OF_SCAN and each.is_whole:
            count = data[each.body]
            first, last, bits = data[each.body + 1 + 2 * count : each.body + 4 + 2 * count]
            for name in data[each.body + 1 : each.body + 1 + 2 * count : 2]:
                missing[name][first : last + 1] = [bits & 15] * (last + 1 - first)
    return max((max(bits) for bits in missing.values()), default=_NOTHING_YET)


def cleaned(data: bytes, keeps_profile: bool) -> bytes | None:
    """The same pixels and colours without all else; None where it is not whole."""
    kept = bytearray(data[:2])
    profile = _profile_segments(data) if keeps_profile else b""
    for each in segments(data):
        body = data[each.body : each.end]
        if not each.is_whole:
            return None
        if each.marker == _APP2 and body.startswith(_ICC):
            kept += profile  # All of it stands where its first part stood.
            profile = b""
        elif _is_kept(each.marker, body):
            kept += data[each.at : each.end]
        if each.marker == END_OF_IMAGE:
            return bytes(kept)
    return None


def with_exif(data: bytes, block: bytes) -> bytes:
    """`data` with an EXIF segment."""
    return _with_application(data, _EXIF + block)


def with_xmp(data: bytes, packet: bytes) -> bytes:
    """`data` with a segment of XMP."""
    return _with_application(data, _XMP + packet)


def _with_application(data: bytes, body: bytes) -> bytes:
    """`data` with a segment behind JFIF's, which has to be the first."""
    at = 2
    if data[2:4] == bytes([0xFF, _APP0]):
        at += 2 + int.from_bytes(data[4:6], "big")
    return data[:at] + _segment(_APP1, body) + data[at:]


def _with_length(data: bytes, at: int, marker: int) -> Segment:
    if 0xD0 <= marker <= _START_OF_IMAGE or marker == 0x01:
        return Segment(marker, at, at + 2, at + 2, is_whole=True)  # It stands alone.
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
    found = _OTHER_MARKER.search(data, at)
    return found.start() if found else len(data)


def _profile_segments(data: bytes) -> bytes:
    """The colour profile of a JPEG, which may come in parts, without what it says beside."""
    head = len(_ICC) + 2  # the number of the part, and of how many
    bodies = [data[each.body : each.end] for each in segments(data) if each.marker == _APP2]
    parts = sorted((body[head - 2], body[head:]) for body in bodies if body.startswith(_ICC))
    profile = silent(b"".join(part for _, part in parts))
    count = -(-len(profile) // _LARGEST_PART)
    return b"".join(
        _segment(
            _APP2,
            _ICC
            + bytes([number + 1, count])
            + profile[number * _LARGEST_PART : (number + 1) * _LARGEST_PART],
        )
        for number in range(count)
    )


def _is_kept(marker: int, body: bytes) -> bool:
    if marker == _APP0:
        return body.startswith(b"JFIF\0") and len(body) == _JFIF_BYTES
    if marker == _APP14:
        return body.startswith(b"Adobe") and len(body) == _ADOBE_BYTES
    is_other_application = _APP0 <= marker <= _APP15
    return not is_other_application and marker != _COMMENT


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", 2 + len(body)) + body
