"""Reads a PNG's chunks without decoding any of it, and leaves out what a decoder need not see."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_PIXELS: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_MOTION: Final = frozenset({b"acTL", b"fcTL", b"fdAT"})
_COLORS: Final = frozenset({b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP"})
_SEEN: Final = _PIXELS | _MOTION | _COLORS | {b"eXIf"}
_IS_ANCILLARY: Final = 0x20  # lower case: the picture can be shown without
_END_CHUNK: Final = b"\0\0\0\0IEND\xaeB`\x82"


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk of a PNG."""

    kind: bytes
    at: int
    end: int
    is_sound: bool  # all there, with the right checksum
    is_cut: bool  # the file ends before it does

    @property
    def is_critical(self) -> bool:
        """Whether no picture can be shown without it."""
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
    """`data` as far as it is sound, and only what pixels, motion, colour and turn are in.

    Text, which may unpack to anything, is never shown to a decoder; nor is a damaged chunk that
    a picture can be shown without. At a damaged chunk of pixels the file ends; of one that is cut
    short, what there is of it is kept. `bare`: a still's pixels and nothing else. `data` itself
    where nothing is left out.
    """
    kept: list[bytes | memoryview] = [SIGNATURE]
    view = memoryview(data)  # a large picture is not to be copied piece by piece
    for each in chunks(data):
        if each.is_critical and not each.is_sound:
            if each.is_cut and each.kind == b"IDAT":
                kept.append(chunk(b"IDAT", data[each.at + 8 : each.end]))
            break
        if each.is_sound and each.kind in (_PIXELS if bare else _SEEN):
            kept.append(view[each.at : each.end])
    if kept[-1] != _END_CHUNK:
        kept.append(_END_CHUNK)
    is_all = sum(map(len, kept)) == len(data) and data.endswith(_END_CHUNK)
    return data if is_all else b"".join(kept)


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk as it stands in a file."""
    named = kind + content
    return len(content).to_bytes(4, "big") + named + zlib.crc32(named).to_bytes(4, "big")
