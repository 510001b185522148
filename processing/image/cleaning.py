"""Takes metadata and trailing bytes out of a picture without touching its pixels."""

import re
import struct
from collections.abc import Iterator
from typing import Final

from processing.image.heif_boxes import repaired

_PNG_KEPT: Final = frozenset(
    (
        *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"acTL", b"fcTL", b"fdAT"),
        *(b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"bKGD", b"pHYs"),
    )
)
_WEBP_PIXELS: Final = frozenset({b"ALPH", b"VP8 ", b"VP8L"})
_WEBP_KEPT: Final = _WEBP_PIXELS | {b"VP8X", b"ICCP", b"ANIM"}
_WEBP_METADATA_FLAGS: Final = 0x0C  # VP8X: "EXIF follows" and "XMP follows"
_AVIF_BOXES: Final = frozenset({b"ftyp", b"meta", b"mdat", b"moov"})
_EMPTY_BOXES: Final = frozenset({b"free", b"skip"})
# What in an AVIF may hold notes: items of text, lists of them, and boxes for anybody's use.
_AVIF_SPEAKING: Final = re.compile(
    b"Exif|infe.{8,12}(?:mime|uri )|udta|uuid|rdf\\+xml|xmpmeta", re.DOTALL
)
_GIF_LOOPS: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_JFIF_BYTES: Final = 14  # APP0 without a thumbnail


def cleaned(data: bytes, format_name: str) -> bytes | None:
    """`data` with pixels, colour and timing only; None when that cannot be done or proved here.

    Never longer than `data`. Orientation is lost with the rest: for upright pictures only.
    """
    cleaner = {"jpeg": _jpeg, "png": _png, "gif": _gif, "webp": _webp, "avif": _avif}
    if format_name not in cleaner:
        return None
    try:
        result = cleaner[format_name](data)
    except (IndexError, struct.error):
        return None  # damaged: readers may forgive it, we do not guess
    return result if result is not None and len(result) <= len(data) else None


def _jpeg(data: bytes) -> bytes | None:
    kept = bytearray(data[:2])
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker == 0xD9:
            return bytes(kept + b"\xff\xd9")
        else:
            end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            segment = data[at:end]
            if marker == 0xDA:
                end = _scan_end(data, end)
                segment = data[at:end]
            if _is_kept_segment(marker, segment):
                kept += segment
            at = end
    return None


def _scan_end(data: bytes, at: int) -> int:
    """Where the next marker stands that is neither a stuffed 0xFF nor a restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0:
            raise IndexError
        if data[at + 1] == 0 or 0xD0 <= data[at + 1] <= 0xD7:
            at += 2
        else:
            return at


def _is_kept_segment(marker: int, segment: bytes) -> bool:
    body = segment[4:]
    if marker == 0xE0:
        return body.startswith(b"JFIF\0") and len(body) == _JFIF_BYTES
    if marker == 0xE2:
        return body.startswith(b"ICC_PROFILE\0")
    if marker == 0xEE:
        return body.startswith(b"Adobe")
    is_other_application = 0xE0 <= marker <= 0xEF
    return not is_other_application and marker != 0xFE


def _png(data: bytes) -> bytes | None:
    kept = bytearray(data[:8])
    at = 8
    while at + 12 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        kind, end = data[at + 4 : at + 8], at + 12 + size
        if kind in _PNG_KEPT:
            kept += data[at:end]
        if kind == b"IEND":
            return bytes(kept)
        at = end
    return None


def _gif(data: bytes) -> bytes | None:
    at = 13 + _color_table_bytes(data[10])
    kept = bytearray(data[:at])
    while data[at] != 0x3B:
        if data[at] == 0x2C:
            blocks = at + 11 + _color_table_bytes(data[at + 9])
            is_kept = True
        elif data[at] == 0x21:
            blocks = at + 2
            is_kept = _is_kept_extension(data, at)
        else:
            return None
        end = _blocks_end(data, blocks)
        if is_kept:
            kept += data[at:end]
        at = end
    return bytes(kept + b"\x3b")


def _is_kept_extension(data: bytes, at: int) -> bool:
    """A frame's timing or the loop, of the length it has to have: more could hide anything."""
    if data[at + 1] == 0xF9:
        if data[at + 2] != 4 or data[at + 7] != 0:
            raise IndexError  # without it the frame would be shown for another time
        return True
    is_loop = data[at + 1] == 0xFF and data[at + 3 : at + 14] in _GIF_LOOPS
    return is_loop and data[at + 14 : at + 16] == b"\x03\x01" and data[at + 18] == 0


def _color_table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks_end(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1


def _webp(data: bytes) -> bytes | None:
    kept = bytearray()
    end = min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    for kind, chunk in riff_chunks(data, 12, end):
        if kind == b"VP8X":
            kept += chunk[:8] + bytes([chunk[8] & ~_WEBP_METADATA_FLAGS]) + chunk[9:]
        elif kind == b"ANMF":
            kept += _webp_frame(chunk)
        elif kind in _WEBP_KEPT:
            kept += chunk
    return b"RIFF" + struct.pack("<I", len(kept) + 4) + b"WEBP" + bytes(kept)


def _webp_frame(chunk: bytes) -> bytes:
    """A frame of an animation, which is a file of its own, with its pixels only."""
    pixels = b"".join(
        inner for kind, inner in riff_chunks(chunk, 24, len(chunk)) if kind in _WEBP_PIXELS
    )
    return b"ANMF" + struct.pack("<I", 16 + len(pixels)) + chunk[8:24] + pixels


def riff_chunks(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Kind and bytes, header and padding included, of each chunk of a WebP from `at` on.

    Raises IndexError at one that is longer than what there is: it may say four gigabytes.
    """
    while at + 8 <= end:
        (size,) = struct.unpack_from("<I", data, at + 4)
        after = at + 8 + size + size % 2
        if at + 8 + size > len(data):
            raise IndexError
        yield data[at : at + 4], data[at:after].ljust(after - at, b"\0")
        at = after


def _avif(data: bytes) -> bytes | None:
    """The same bytes, when nothing in them can hold more than the picture; free space emptied."""
    data = repaired(data, b"avif")
    result = bytearray(data)
    at = 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind not in _AVIF_BOXES | _EMPTY_BOXES or size < 8:
            return None
        if kind in _EMPTY_BOXES:
            result[at + 8 : at + size] = bytes(size - 8)
        elif kind != b"mdat" and _AVIF_SPEAKING.search(data, at, at + size):
            return None
        at += size
    return bytes(result) if at == len(data) else None
