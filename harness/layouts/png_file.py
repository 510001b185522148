"""Writes PNGs of any layout straight from the specification, and says what they have to show."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

GRAY, RGB, PALETTE, GRAY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
CHANNELS = {GRAY: 1, RGB: 3, PALETTE: 1, GRAY_ALPHA: 2, RGB_ALPHA: 4}
MIXED = 5  # Each row is filtered in another way.
# Where each pass begins and how far its pixels are apart: x, y, x step, y step.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
_LAST_PASS = (0, 1, 1, 2)
Rows = list[list[tuple[int, ...]]]
Pixel = tuple[float, float, float, float]  # red, green, blue, alpha: 0 to 255


@dataclass(frozen=True, slots=True)
class Layout:
    """How the samples of an image are put into a file."""

    width: int
    height: int
    color: int
    bits: int
    filtering: int = 0  # 0 to 4, or MIXED
    is_interlaced: bool = False
    palette: tuple[tuple[int, int, int], ...] = ()
    # Of a palette the alpha of each entry; else the one colour that is transparent.
    transparency: tuple[int, ...] = ()


def png(layout: Layout, rows: Rows) -> bytes:
    """A file of one image."""
    head = struct.pack(
        ">IIBBBBB",
        layout.width,
        layout.height,
        layout.bits,
        layout.color,
        0,
        0,
        layout.is_interlaced,
    )
    content = [(b"IHDR", head)]
    if layout.palette:
        content.append((b"PLTE", b"".join(map(bytes, layout.palette))))
    if layout.transparency:
        form = f">{len(layout.transparency)}{'B' if layout.palette else 'H'}"
        content.append((b"tRNS", struct.pack(form, *layout.transparency)))
    content += [(b"IDAT", zlib.compress(b"".join(_lines(layout, rows)))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*each) for each in content)


def colors(layout: Layout, rows: Rows) -> list[list[Pixel]]:
    """What each pixel has to be shown as."""
    return [[_pixel(layout, samples) for samples in row] for row in rows]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _lines(layout: Layout, rows: Rows) -> Iterator[bytes]:
    passes = (*_PASSES, _LAST_PASS) if layout.is_interlaced else ((0, 0, 1, 1),)
    step = max(1, CHANNELS[layout.color] * layout.bits // 8)
    for left, top, across, down in passes:
        above = b""
        for number, row in enumerate(rows[top::down]):
            if samples := [sample for pixel in row[left::across] for sample in pixel]:
                line = _packed(samples, layout.bits)
                kind = number % MIXED if layout.filtering == MIXED else layout.filtering
                yield bytes([kind]) + _filtered(kind, line, above or bytes(len(line)), step)
                above = line


def _packed(samples: list[int], bits: int) -> bytes:
    whole = 0
    for sample in samples:
        whole = whole << bits | sample
    length = len(samples) * bits
    fill = -length % 8
    return (whole << fill).to_bytes((length + fill) // 8, "big")


def _filtered(kind: int, line: bytes, above: bytes, step: int) -> bytes:
    """A row without what can be foretold from its neighbours; PNG's section 9."""
    left = (bytes(step) + line)[: len(line)]
    corner = (bytes(step) + above)[: len(line)]
    foretold = (
        lambda a, b, c: 0,
        lambda a, b, c: a,
        lambda a, b, c: b,
        lambda a, b, c: (a + b) // 2,
        _paeth,
    )[kind]
    return bytes(
        (value - foretold(a, b, c)) & 255
        for value, a, b, c in zip(line, left, above, corner, strict=True)
    )


def _paeth(a: int, b: int, c: int) -> int:
    guess = a + b - c
    return min((a, b, c), key=lambda each: abs(guess - each))


def _pixel(layout: Layout, samples: tuple[int, ...]) -> Pixel:
    if layout.color == PALETTE:
        at = samples[0]
        opacity = layout.transparency[at] if at < len(layout.transparency) else 255
        return (*layout.palette[at], opacity)
    top = (1 << layout.bits) - 1
    levels = [255 * sample / top for sample in samples]
    alpha = levels.pop() if layout.color in {GRAY_ALPHA, RGB_ALPHA} else 255.0
    if samples == layout.transparency:
        alpha = 0.0
    red, green, blue = levels * 3 if len(levels) == 1 else levels
    return red, green, blue, alpha
