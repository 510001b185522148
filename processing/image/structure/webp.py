"""Reads and writes the chunks of a WebP without decoding any of it."""

import struct
from collections.abc import Iterator
from typing import Final

from processing.image.structure.icc import silent

_PIXELS: Final = frozenset({b"ALPH", b"VP8 ", b"VP8L"})
_KEPT: Final = _PIXELS | {b"VP8X", b"ANIM"}
_LENGTHS: Final = {b"VP8X": 10, b"ANIM": 6}
# Of VP8X: what the file holds.
_XMP_FLAG, _EXIF_FLAG, _METADATA_FLAGS, _ALPHA_FLAG, _PROFILE_FLAG = 0x04, 0x08, 0x0C, 0x10, 0x20


def chunks(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Kind and bytes, header and padding included, of each chunk from `at` on.

    Raises IndexError at one that is longer than what there is: it may say four gigabytes.
    """
    while at + 8 <= end:
        (size,) = struct.unpack_from("<I", data, at + 4)
        after = at + 8 + size + size % 2
        if at + 8 + size > len(data):
            raise IndexError
        yield data[at : at + 4], data[at:after].ljust(after - at, b"\0")
        at = after


def canvas(head: bytes) -> tuple[int, int]:
    """Width and height by the file's first 30 bytes; struct.error where there are fewer."""
    kind, at = head[12:16], 20
    if kind == b"VP8X":
        width, height = (int.from_bytes(head[side : side + 3], "little") + 1 for side in (24, 27))
    elif kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", head, at + 1)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", head, at + 6))
    return width, height


def coded_pixels(data: bytes) -> bytes:
    """The chunk that holds a still's pixels, with or without loss; empty where there is none."""
    found = chunks(data, 12, 8 + int.from_bytes(data[4:8], "little"))
    try:
        return next((chunk for kind, chunk in found if kind in {b"VP8 ", b"VP8L"}), b"")
    except IndexError:
        return b""  # What follows the image is no chunk.


def cleaned(data: bytes, keeps_profile: bool) -> bytes | None:
    """The same pixels, colours and motion without all else; None where more could hide in it."""
    kept = bytearray()
    dropped_flags = _METADATA_FLAGS
    end = min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    for kind, chunk in chunks(data, 12, end):
        if len(chunk) - 8 != _LENGTHS.get(kind, len(chunk) - 8):
            return None
        if kind == b"ANMF":
            kept += _cleaned_frame(chunk)
        elif kind == b"ICCP":
            profile = _cleaned_profile(chunk) if keeps_profile else b""
            dropped_flags |= 0 if profile else _PROFILE_FLAG
            kept += profile
        elif kind in _KEPT:
            kept += chunk
    if kept[:4] == b"VP8X":
        kept[8] &= ~dropped_flags
    return _file(bytes(kept))


def with_exif(data: bytes, block: bytes) -> bytes:
    """`data` with an EXIF chunk."""
    return _with_chunk(data, b"EXIF", block, _EXIF_FLAG)


def with_xmp(data: bytes, packet: bytes) -> bytes:
    """`data` with a chunk of XMP."""
    return _with_chunk(data, b"XMP ", packet, _XMP_FLAG)


def _with_chunk(data: bytes, kind: bytes, content: bytes, flag: int) -> bytes:
    """`data` with one more chunk at its end, and a header that announces it."""
    body = data[12:]
    if body[:4] != b"VP8X":
        body = _extended_header(body) + body
    return _file(_flagged(body, flag) + _chunk(kind, content))


def marked_transparent(data: bytes) -> bytes:
    """The same animation, said to be transparent.

    Its writer says so only when a stored piece is; where opaque pieces leave the canvas open,
    readers would fill it with black.
    """
    return _file(_flagged(data[12:], _ALPHA_FLAG)) if data[12:16] == b"VP8X" else data


def _flagged(body: bytes, flag: int) -> bytes:
    return body[:8] + bytes([body[8] | flag]) + body[9:]


def _extended_header(body: bytes) -> bytes:
    """The header that a WebP of one bare chunk needs before it may hold anything else."""
    if body[:4] == b"VP8L":
        bits = int.from_bytes(body[9:13], "little")
        width, height = bits & 0x3FFF, bits >> 14 & 0x3FFF
        flags = _ALPHA_FLAG if bits >> 28 & 1 else 0
    else:
        sides = (int.from_bytes(body[at : at + 2], "little") for at in (14, 16))
        width, height = ((side & 0x3FFF) - 1 for side in sides)
        flags = 0
    content = bytes([flags, 0, 0, 0]) + width.to_bytes(3, "little") + height.to_bytes(3, "little")
    return _chunk(b"VP8X", content)


def _cleaned_profile(chunk: bytes) -> bytes:
    (size,) = struct.unpack_from("<I", chunk, 4)
    profile = silent(chunk[8 : 8 + size])
    return _chunk(b"ICCP", profile) if profile else b""


def _cleaned_frame(chunk: bytes) -> bytes:
    """A frame of an animation, which is a file of its own, with its pixels only."""
    pixels = b"".join(inner for kind, inner in chunks(chunk, 24, len(chunk)) if kind in _PIXELS)
    return b"ANMF" + struct.pack("<I", 16 + len(pixels)) + chunk[8:24] + pixels


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def _file(body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body
