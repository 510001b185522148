"""Takes metadata and trailing bytes out of a picture without touching its pixels."""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from processing.image import jpeg, png
from processing.image.avif_cleaning import blanked_avif
from processing.image.icc_tags import silent

_PNG_COLORS: Final = frozenset({b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP"})
_PNG_KEPT: Final = _PNG_COLORS | frozenset(
    (
        *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"acTL", b"fcTL", b"fdAT"),
        *(b"sBIT", b"bKGD", b"pHYs"),
    )
)
# What is longer than it can have to be could hide anything.
_PNG_LONGEST: Final = {
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
_MAX_PROFILE: Final = 16 * 1024 * 1024
_WEBP_PIXELS: Final = frozenset({b"ALPH", b"VP8 ", b"VP8L"})
_WEBP_KEPT: Final = _WEBP_PIXELS | {b"VP8X", b"ANIM"}
_WEBP_LENGTHS: Final = {b"VP8X": 10, b"ANIM": 6}
_WEBP_METADATA_FLAGS: Final = 0x0C  # VP8X: "EXIF follows" and "XMP follows"
_WEBP_PROFILE_FLAG: Final = 0x20
_GIF_LOOPS: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_APP0, _APP2, _APP14, _APP15, _COMMENT = 0xE0, 0xE2, 0xEE, 0xEF, 0xFE
_JFIF_BYTES: Final = 14  # APP0 without a thumbnail
_ADOBE_BYTES: Final = 12
_ICC: Final = b"ICC_PROFILE\0"
_LARGEST_PART: Final = 65_519  # of a profile, in one segment


def cleaned(data: bytes, format_name: str, *, keeps_profile: bool = True) -> bytes | None:
    """`data` with pixels, colour and timing only; None when that cannot be done or proved here.

    Never longer than `data`. Orientation is lost with the rest: for upright pictures only. Without
    `keeps_profile` its colours are sRGB, and whatever says so is left out, where that is possible.
    """
    try:
        result = _cleaned(data, format_name, keeps_profile=keeps_profile)
    except (IndexError, KeyError, ValueError, struct.error, zlib.error):
        return None  # damaged: readers may forgive it, we do not guess
    return result if result is not None and len(result) <= len(data) else None


def _cleaned(data: bytes, format_name: str, *, keeps_profile: bool) -> bytes | None:
    match format_name:
        case "jpeg":
            return _jpeg(data, keeps_profile=keeps_profile)
        case "png":
            return _png(data, keeps_profile=keeps_profile)
        case "webp":
            return _webp(data, keeps_profile=keeps_profile)
        case "gif":
            return _gif(data)
        case "avif":
            return blanked_avif(data)
        case _:
            return None


def _jpeg(data: bytes, *, keeps_profile: bool) -> bytes | None:
    kept = bytearray(data[:2])
    profile = _profile_segments(data) if keeps_profile else b""
    for each in jpeg.segments(data):
        body = data[each.body : each.end]
        if not each.is_whole:
            return None
        if each.marker == _APP2 and body.startswith(_ICC):
            kept += profile  # all of it, where its first part is
            profile = b""
        elif _is_kept_segment(each.marker, body):
            kept += data[each.at : each.end]
        if each.marker == jpeg.END_OF_IMAGE:
            return bytes(kept)
    return None


def _profile_segments(data: bytes) -> bytes:
    """The colour profile of a JPEG, which may come in parts, without what it says beside."""
    head = len(_ICC) + 2  # the number of the part, and of how many
    bodies = [data[each.body : each.end] for each in jpeg.segments(data) if each.marker == _APP2]
    parts = sorted((body[head - 2], body[head:]) for body in bodies if body.startswith(_ICC))
    profile = silent(b"".join(part for _, part in parts))
    count = -(-len(profile) // _LARGEST_PART)
    segments = b""
    for number in range(count):
        part = profile[number * _LARGEST_PART : (number + 1) * _LARGEST_PART]
        body = _ICC + bytes([number + 1, count]) + part
        segments += b"\xff\xe2" + struct.pack(">H", 2 + len(body)) + body
    return segments


def _is_kept_segment(marker: int, body: bytes) -> bool:
    if marker == _APP0:
        return body.startswith(b"JFIF\0") and len(body) == _JFIF_BYTES
    if marker == _APP14:
        return body.startswith(b"Adobe") and len(body) == _ADOBE_BYTES
    is_other_application = _APP0 <= marker <= _APP15
    return not is_other_application and marker != _COMMENT


def _png(data: bytes, *, keeps_profile: bool) -> bytes | None:
    kept = bytearray(png.SIGNATURE)
    is_plain = not keeps_profile and png.body(data, b"iCCP") is not None
    for each in png.chunks(data):
        content = data[each.at + 8 : each.end - 4]
        is_known = each.kind in _PNG_KEPT and len(content) <= _PNG_LONGEST.get(each.kind, 1 << 31)
        if each.kind == b"iCCP" and each.is_sound and keeps_profile:
            kept += _named_profile(content)
        elif each.kind == b"IEND":
            return bytes(kept + png.chunk(b"IEND", b""))
        elif is_known and each.is_sound and not (is_plain and each.kind in _PNG_COLORS):
            kept += data[each.at : each.end]
        elif each.is_critical:
            return None
    return None


def _named_profile(content: bytes) -> bytes:
    unpacked = zlib.decompressobj().decompress(content[content.index(b"\0") + 2 :], _MAX_PROFILE)
    profile = silent(unpacked)
    return png.chunk(b"iCCP", b"-\0\0" + zlib.compress(profile, 9)) if profile else b""


def _gif(data: bytes) -> bytes | None:
    at = 13 + color_table_bytes(data[10])
    kept = bytearray(data[:at])
    while data[at] != 0x3B:
        if data[at] == 0x2C:
            blocks = at + 11 + color_table_bytes(data[at + 9])
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


def color_table_bytes(flags: int) -> int:
    """The length of a GIF's colour table, from the byte before it."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks_end(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1


def _webp(data: bytes, *, keeps_profile: bool) -> bytes | None:
    kept = bytearray()
    dropped_flags = _WEBP_METADATA_FLAGS
    end = min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    for kind, chunk in riff_chunks(data, 12, end):
        if len(chunk) - 8 != _WEBP_LENGTHS.get(kind, len(chunk) - 8):
            return None
        if kind == b"ANMF":
            kept += _webp_frame(chunk)
        elif kind == b"ICCP":
            profile = _webp_profile(chunk) if keeps_profile else b""
            dropped_flags |= 0 if profile else _WEBP_PROFILE_FLAG
            kept += profile
        elif kind in _WEBP_KEPT:
            kept += chunk
    if kept[:4] == b"VP8X":
        kept[8] &= ~dropped_flags
    return b"RIFF" + struct.pack("<I", len(kept) + 4) + b"WEBP" + bytes(kept)


def _webp_profile(chunk: bytes) -> bytes:
    (size,) = struct.unpack_from("<I", chunk, 4)
    profile = silent(chunk[8 : 8 + size])
    padding = bytes(len(profile) % 2)
    return b"ICCP" + struct.pack("<I", len(profile)) + profile + padding if profile else b""


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
