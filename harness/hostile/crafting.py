"""Builds files of the accepted formats from their smallest parts, so that any field can lie."""

import io
import struct
import subprocess
import zlib
from pathlib import Path

from PIL import Image

GIF_FRAME_OF_ONE_PIXEL = b"\x2c" + struct.pack("<4HB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_header(width: int, height: int, depth: int = 8, color: int = 2) -> bytes:
    size = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", size)


def png_of_zeros(width: int, height: int, depth: int, color: int, extra: bytes = b"") -> bytes:
    """A black PNG, with `extra` chunks before its pixels; a thousandth of what it unpacks to."""
    channels = {0: 1, 2: 3, 3: 1, 6: 4}[color]
    row_bytes = 1 + (width * depth * channels + 7) // 8
    packed = deflated_zeros(row_bytes * height)
    return (
        png_header(width, height, depth, color)
        + extra
        + png_chunk(b"IDAT", packed)
        + png_chunk(b"IEND", b"")
    )


def deflated_zeros(size: int) -> bytes:
    """So many zeros, compressed a thousandfold: one megabyte, and then the same bytes again."""
    block = 1 << 20
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(bytes(block)) + packer.flush(zlib.Z_FULL_FLUSH)
    rest = zlib.compressobj(9, zlib.DEFLATED, -15)
    last = rest.compress(bytes(size % block)) + rest.flush()
    checksum = struct.pack(">I", (size % 65_521) << 16 | 1)
    return b"\x78\xda" + piece * (size // block) + last + checksum


def png_parts(data: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a PNG: what each is, and what is in it."""
    parts, at = [], 8
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        parts.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += size + 12
    return parts


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of an ISO base media file."""
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def full_box(kind: bytes, body: bytes, version: int = 0, flags: int = 0) -> bytes:
    """A box that begins with a version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), body)


def boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    """The boxes that stand in a row in `data`: what each is, and what is in it."""
    found, at = [], 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        found.append((kind, data[at + 8 : at + size]))
        at += size
    return found


def nested(data: bytes, path: bytes) -> bytes:
    """The body of the first box on a path like b"moov/trak/mdia"."""
    for kind in path.split(b"/"):
        data = dict(reversed(boxes(data)))[kind]
    return data


def with_box(data: bytes, path: bytes, new: bytes) -> bytes:
    """`data` with the first box on the path replaced by `new`, which may be any bytes.

    The sizes around it follow. Offsets do not: use it on files whose index comes last.
    """
    first, _, rest = path.partition(b"/")
    made, is_done = [], False
    for kind, body in boxes(data):
        if kind != first or is_done:
            made.append(box(kind, body))
        else:
            made.append(box(kind, with_box(body, rest, new)) if rest else new)
            is_done = True
    return b"".join(made)


def element(identity: int, body: bytes, size: int | None = None) -> bytes:
    """An EBML element; `size` lies about its length."""
    name = identity.to_bytes((identity.bit_length() + 7) // 8, "big")
    length = len(body) if size is None else size
    return name + (1 << 56 | length).to_bytes(8, "big") + body


def chunk(kind: bytes, body: bytes) -> bytes:
    """A RIFF chunk."""
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def avi(streams: list[tuple[bytes, bytes]], packets: list[tuple[bytes, bytes]]) -> bytes:
    """An AVI of streams (header, format) and packets (which, what)."""
    main = struct.pack(
        "<14I", 40_000, 0, 0, 0x10, len(packets), 0, len(streams), 0, 64, 64, *[0] * 4
    )
    lists = [
        chunk(b"LIST", b"strl" + chunk(b"strh", head) + chunk(b"strf", form))
        for head, form in streams
    ]
    header = chunk(b"LIST", b"hdrl" + chunk(b"avih", main) + b"".join(lists))
    movie = chunk(b"LIST", b"movi" + b"".join(chunk(kind, body) for kind, body in packets))
    return chunk(b"RIFF", b"AVI " + header + movie)


def avi_stream(kind: bytes, handler: bytes) -> bytes:
    return struct.pack("<4s4s10I4h", kind, handler, 0, 0, 0, 1, 25, 0, 25, 0, 0, 0, 0, 0, 64, 64)


def avi_picture_format(width: int, height: int, codec: bytes) -> bytes:
    return struct.pack("<IiiHH4sIiiII", 40, width, height, 1, 24, codec, 0, 0, 0, 0, 0)


def gif(width: int, height: int, frames: bytes) -> bytes:
    palette = b"\x00\x00\x00\xff\xff\xff"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + palette + frames + b"\x3b"


def webp(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_of_one_color(width: int, height: int) -> bytes:
    """A VP8L chunk in which a pixel takes no bit at all: each code has a single symbol."""
    bits = (width - 1) | (height - 1) << 14  # neither alpha nor transform, cache or groups
    for place in range(5):
        bits |= 1 << (28 + 4 + 3 + 4 * place)
    return chunk(b"VP8L", b"\x2f" + bits.to_bytes(8, "little"))


def tiff(*directories: list[tuple[int, int, int, int]], tail: bytes = b"") -> bytes:
    """Directories of (tag, type, count, value), one after the other; then `tail`."""
    data = bytearray(b"II*\0" + struct.pack("<I", 8))
    for number, entries in enumerate(directories):
        at = len(data) + 2 + 12 * len(entries) + 4
        data += struct.pack("<H", len(entries))
        data += b"".join(struct.pack("<HHII", *entry) for entry in entries)
        data += struct.pack("<I", at if number + 1 < len(directories) else 0)
    return bytes(data) + tail


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def made(folder: Path, name: str, *words: object) -> bytes:
    """What ffmpeg makes of the words, as the bytes of a file called `name`."""
    target = folder / name
    subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, words), target],
        check=True,
        capture_output=True,
    )
    return target.read_bytes()
