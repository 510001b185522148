"""Reads and writes the chunks of a PNG without decoding any of it."""

import struct
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from processing.image.structure.code_points import profile_of, profile_of_gamma
from processing.image.structure.icc import silent

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_PIXELS: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_MOTION: Final = frozenset({b"acTL", b"fcTL", b"fdAT"})
_COLORS: Final = frozenset({b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP"})
_SEEN: Final = _PIXELS | _MOTION | _COLORS | {b"eXIf", b"pHYs"}
_IS_ANCILLARY: Final = 0x20  # lower case: the image can be shown without
_END_CHUNK: Final = b"\0\0\0\0IEND\xaeB`\x82"
_HEADER_END: Final = len(SIGNATURE) + 25
_SHAPE_BYTES: Final = 21  # of a pHYs chunk
_XMP: Final = b"XML:com.adobe.xmp" + bytes(5)  # not compressed, of no language
_UNIT: Final = 100_000  # of gAMA and cHRM
# What stays in a cleaned file, and how long it can have to be: more could hide anything.
_KEPT: Final = {
    **dict.fromkeys((b"IDAT", b"IEND", b"fdAT", b"iCCP"), 1 << 31),
    b"IHDR": 13,
    b"PLTE": 768,
    b"tRNS": 256,
    b"acTL": 8,
    b"fcTL": 26,
    b"gAMA": 4,
    b"cHRM": 32,
    b"sRGB": 1,
    b"cICP": 4,
    b"sBIT": 4,
    b"bKGD": 6,
    b"pHYs": 9,
}
_MAX_PROFILE_BYTES: Final = 16 * 1024 * 1024


class Chunk(NamedTuple):
    """One chunk of a PNG."""

    kind: bytes
    at: int
    end: int
    is_sound: bool  # all there, with the right checksum
    is_cut: bool  # the file ends before it does

    @property
    def is_critical(self) -> bool:
        """Whether no image can be shown without it."""
        return not self.kind[0] & _IS_ANCILLARY


def chunks(data: bytes) -> Iterator[Chunk]:
    """The chunks up to the end chunk, or up to the first that is cut short."""
    at = len(SIGNATURE)
    view = memoryview(data)
    while at + 8 <= len(data):
        end = at + 12 + int.from_bytes(view[at : at + 4], "big")
        kind = bytes(view[at + 4 : at + 8])
        is_sound = end <= len(data) and zlib.crc32(view[at + 4 : end - 4]) == int.from_bytes(
            view[end - 4 : end], "big"
        )
        is_cut = end > len(data)
        yield Chunk(kind, at, min(end, len(data)), is_sound, is_cut)
        if kind == b"IEND" or is_cut:
            return
        at = end


def body(data: bytes, kind: bytes) -> bytes | None:
    """What the first sound chunk of this kind says; None when there is none."""
    found = next((each for each in chunks(data) if each.kind == kind and each.is_sound), None)
    return data[found.at + 8 : found.end - 4] if found else None


def tidied(data: bytes, *, bare: bool = False) -> bytes:
    """`data` as far as it is sound; only chunks of pixels, their shape, motion, colour and turn.

    Text, which may unpack to anything, is never shown to a decoder; nor is a damaged chunk that
    an image can be shown without. At a damaged chunk of pixels the file ends; of one that is cut
    short, what there is of it is kept. `bare`: a still's pixels and nothing else. `data` itself
    where nothing is left out.
    """
    kept: list[bytes | memoryview] = [SIGNATURE]
    view = memoryview(data)  # A large image is not to be copied piece by piece.
    for each in chunks(data):
        if each.is_critical and not each.is_sound:
            if each.is_cut and each.kind == b"IDAT":
                kept.append(chunk(b"IDAT", data[each.at + 8 : each.end]))
            break
        is_rubbish = each.kind == b"pHYs" and each.end - each.at != _SHAPE_BYTES
        if each.is_sound and each.kind in (_PIXELS if bare else _SEEN) and not is_rubbish:
            kept.append(view[each.at : each.end])
    if kept[-1] != _END_CHUNK:
        kept.append(_END_CHUNK)
    is_all = sum(map(len, kept)) == len(data) and data.endswith(_END_CHUNK)
    return data if is_all else b"".join(kept)


def cleaned(data: bytes, keeps_profile: bool) -> bytes | None:
    """The same pixels, colours and motion without all else; None where it is damaged."""
    kept = bytearray(SIGNATURE)
    is_plain = not keeps_profile and body(data, b"iCCP") is not None
    for each in chunks(data):
        content = data[each.at + 8 : each.end - 4]
        if each.kind == b"iCCP" and each.is_sound and keeps_profile:
            kept += _cleaned_profile(content)
        elif each.kind == b"IEND":
            return bytes(kept + chunk(b"IEND", b""))
        elif (
            len(content) <= _KEPT.get(each.kind, -1)
            and each.is_sound
            and not (is_plain and each.kind in _COLORS)
        ):
            kept += data[each.at : each.end]
        elif each.is_critical:
            return None
    return None


def with_profile(data: bytes) -> bytes:
    """`data` with an iCCP chunk for its cICP, or its gAMA and cHRM, if they say other than sRGB.

    The order in which they count is the specification's: cICP, iCCP, sRGB, gAMA with cHRM. A gAMA
    alone is passed over, as other image tools do, though browsers heed it: where it is not the
    usual one, it is more often a mistake than meant.
    """
    profile = None
    if (code_points := body(data, b"cICP")) and len(code_points) == 4:
        profile = profile_of(code_points[0], code_points[1])
        data = _without(data, b"iCCP")
    elif not body(data, b"iCCP") and not body(data, b"sRGB"):
        profile = _profile_of_gamma(body(data, b"gAMA"), body(data, b"cHRM"))
    if profile is None:
        return data
    named = _profile_chunk(zlib.compress(profile))
    return data[:_HEADER_END] + named + data[_HEADER_END:]


def with_exif(data: bytes, block: bytes) -> bytes:
    """`data` with an EXIF chunk behind its header."""
    return data[:_HEADER_END] + chunk(b"eXIf", block) + data[_HEADER_END:]


def with_xmp(data: bytes, packet: bytes) -> bytes:
    """`data` with a chunk of XMP behind its header."""
    return data[:_HEADER_END] + chunk(b"iTXt", _XMP + packet) + data[_HEADER_END:]


def xmp(data: bytes) -> bytes:
    """The packet of XMP in `data`, where it is not compressed; empty without one."""
    if _XMP not in data:
        return b""  # Seen at once; chunks are checked, which takes longer.
    bodies = (data[each.at + 8 : each.end - 4] for each in chunks(data) if each.kind == b"iTXt")
    return next((each[len(_XMP) :] for each in bodies if each.startswith(_XMP)), b"")


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk as it stands in a file."""
    named = kind + content
    return len(content).to_bytes(4, "big") + named + zlib.crc32(named).to_bytes(4, "big")


def _cleaned_profile(content: bytes) -> bytes:
    packed = content[content.index(b"\0") + 2 :]
    profile = silent(zlib.decompressobj().decompress(packed, _MAX_PROFILE_BYTES))
    return _profile_chunk(zlib.compress(profile, 9)) if profile else b""


def _profile_chunk(packed: bytes) -> bytes:
    return chunk(b"iCCP", b"-\0\0" + packed)


def _profile_of_gamma(gamma: bytes | None, chromaticity: bytes | None) -> bytes | None:
    if not gamma or len(gamma) != 4 or not chromaticity or len(chromaticity) != 32:
        return None
    points = tuple(value / _UNIT for value in struct.unpack(">8I", chromaticity))
    return profile_of_gamma(int.from_bytes(gamma, "big") / _UNIT, points)


def _without(data: bytes, kind: bytes) -> bytes:
    kept = bytearray(SIGNATURE)
    for each in chunks(data):
        if each.kind != kind:
            kept += data[each.at : each.end]
    return bytes(kept)
