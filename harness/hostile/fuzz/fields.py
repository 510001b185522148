"""Finds the numbers in a file that say how long something is: where a lie does most harm."""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

_ISO_TABLES = frozenset({b"stts", b"ctts", b"stsc", b"stsz", b"stco", b"elst", b"trun", b"stsd"})
_ISO_PARENTS = frozenset(
    {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"edts", b"dinf", b"mvex"}
    | {b"iprp", b"ipco", b"udta"}
)
_EBML_NAMES = re.compile(
    rb"\x1aE\xdf\xa3|\x18\x53\x80\x67|\x15\x49\xa9\x66|\x16\x54\xae\x6b|\x1f\x43\xb6\x75"
    rb"|\x1c\x53\xbb\x6b|\x11\x4d\x9b\x74|\xae|\xe0|\xe1|\xa3|\x63\xa2|\x12\x54\xc3\x67"
)


@dataclass(frozen=True, slots=True)
class Field:
    """A number in a file."""

    at: int
    size: int  # bytes
    is_little: bool = False


def fields(data: bytes) -> list[Field]:
    """The lengths and counts of a file of any format we know; empty for others."""
    reader = _READERS.get(data[:4])
    if data[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free"}:
        reader = _iso
    elif data[:2] == b"\xff\xd8":
        reader = _jpeg
    return list(reader(data)) if reader else []


def repaired(data: bytes) -> bytes:
    """A PNG with the checksums that its changed chunks would have; anything else as it is."""
    if data[:4] != b"\x89PNG":
        return data
    fixed = bytearray(data)
    for at in _png_chunks(data):
        end = at + 8 + struct.unpack_from(">I", data, at)[0]
        if end + 4 <= len(data):
            struct.pack_into(">I", fixed, end, zlib.crc32(data[at + 4 : end]))
    return bytes(fixed)


def _iso(data: bytes) -> Iterator[Field]:
    return _boxes(data, 0, len(data))


def _boxes(data: bytes, at: int, end: int) -> Iterator[Field]:
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        after = at + size if 8 <= size <= end - at else end
        yield Field(at, 4)
        if kind == b"meta":
            yield from _boxes(data, at + 12, after)
        elif kind in _ISO_PARENTS:
            yield from _boxes(data, at + 8, after)
        elif kind in _ISO_TABLES or (kind.isalnum() and after - at < 200):
            yield from (Field(place, 4) for place in range(at + 8, min(after - 3, at + 64), 4))
        at = after


def _png_chunks(data: bytes) -> Iterator[int]:
    at = 8
    while at + 12 <= len(data):
        yield at
        at += 12 + struct.unpack_from(">I", data, at)[0]


def _png(data: bytes) -> Iterator[Field]:
    for at in _png_chunks(data):
        yield Field(at, 4)
        if data[at + 4 : at + 8] in {b"IHDR", b"acTL", b"fcTL"}:
            yield from (Field(at + 8 + place, 4) for place in range(0, 24, 4))


def _riff(data: bytes) -> Iterator[Field]:
    at = 4
    yield Field(4, 4, True)
    at = 12
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        yield Field(at + 4, 4, True)
        yield from (Field(at + 8 + place, 4, True) for place in range(0, min(size, 48), 4))
        at += 12 if kind == b"LIST" else 8 + size + size % 2


def _tiff(data: bytes) -> Iterator[Field]:
    order = "<" if data[:2] == b"II" else ">"
    is_little = order == "<"
    yield Field(4, 4, is_little)
    (at,) = struct.unpack_from(f"{order}I", data, 4)
    for _ in range(4):
        if not 8 <= at <= len(data) - 6:
            return
        (count,) = struct.unpack_from(f"{order}H", data, at)
        yield Field(at, 2, is_little)
        for entry in range(at + 2, min(at + 2 + 12 * count, len(data) - 12), 12):
            yield from (Field(entry + place, 4, is_little) for place in (4, 8))
            yield from (Field(entry + place, 2, is_little) for place in (0, 2))
        after = at + 2 + 12 * count
        at = struct.unpack_from(f"{order}I", data, after)[0] if after + 4 <= len(data) else 0


def _jpeg(data: bytes) -> Iterator[Field]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xD9:
        yield Field(at + 2, 2)
        if data[at + 1] & 0xF0 == 0xC0:
            yield from (Field(at + place, 2) for place in (5, 7, 9, 11))
        if data[at + 1] == 0xDA:
            return
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")


def _ebml(data: bytes) -> Iterator[Field]:
    for match in _EBML_NAMES.finditer(data[:4096]):
        at = match.end()
        if at < len(data) and data[at]:
            yield Field(at, 9 - data[at].bit_length())


def _flv(data: bytes) -> Iterator[Field]:
    at = 13
    while at + 11 <= len(data):
        yield Field(at + 1, 3)
        yield Field(at + 4, 4)
        at += 15 + int.from_bytes(data[at + 1 : at + 4], "big")


_READERS = {
    b"\x89PNG": _png,
    b"RIFF": _riff,
    b"II*\0": _tiff,
    b"MM\0*": _tiff,
    b"\x1aE\xdf\xa3": _ebml,
    b"FLV\1": _flv,
}
