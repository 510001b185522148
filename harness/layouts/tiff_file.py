"""Writes TIFFs of any layout straight from the specification (TIFF 6.0, its supplements, BigTIFF).

It shares no code with the decoders that are judged by what it writes.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

UNSIGNED, SIGNED, FLOAT = 1, 2, 3
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR, LAB = 0, 1, 2, 3, 5, 6, 8
UNSPECIFIED, ASSOCIATED, UNASSOCIATED = 0, 1, 2
NONE, LZW, DEFLATE, OLD_DEFLATE, PACKBITS = 1, 5, 8, 32946, 32773
PLAIN, HORIZONTAL, FLOATING = 1, 2, 3
SHORT, LONG, RATIONAL, LONG8 = 3, 4, 5, 16
_FORMS = {SHORT: "H", LONG: "I", RATIONAL: "I", LONG8: "Q"}
_CLEAR, _END, _LAST_ENTRY = 256, 257, 4094


@dataclass(frozen=True, slots=True)
class Layout:
    """How the samples of an image are put into a file."""

    width: int
    height: int
    samples: int
    photometric: int
    bits: int = 8
    sample_format: int = UNSIGNED
    extra: tuple[int, ...] = ()
    is_planar: bool = False
    compression: int = NONE
    predictor: int = PLAIN
    order: str = "<"
    tile: tuple[int, int] | None = None
    rows_per_strip: int = 0  # 0: all in one
    fill_order: int = 1
    is_big: bool = False
    palette: tuple[int, ...] = ()  # 16 bits each, all reds first
    more_tags: tuple[tuple[int, int, tuple[int, ...]], ...] = ()


Rows = list[list[tuple[float, ...]]]  # the samples of each pixel, as numbers to be stored


def tiff(layout: Layout, rows: Rows) -> bytes:
    """A file of one image."""
    pieces = list(_pieces(layout, rows))
    head_bytes = 16 if layout.is_big else 8
    places, at = [], head_bytes
    for piece in pieces:
        places.append(at)
        at += len(piece) + len(piece) % 2
    body = b"".join(piece + bytes(len(piece) % 2) for piece in pieces)
    entries = sorted([*_tags(layout, places, [len(piece) for piece in pieces])])
    return _head(layout, at) + body + _directory(layout, entries, at)


def _head(layout: Layout, at: int) -> bytes:
    mark = b"II" if layout.order == "<" else b"MM"
    if layout.is_big:
        return mark + struct.pack(layout.order + "HHHQ", 43, 8, 0, at)
    return mark + struct.pack(layout.order + "HI", 42, at)


def _tags(
    layout: Layout, places: list[int], sizes: list[int]
) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    kind = LONG8 if layout.is_big else LONG
    yield 256, LONG, (layout.width,)
    yield 257, LONG, (layout.height,)
    yield 258, SHORT, (layout.bits,) * layout.samples
    yield 259, SHORT, (layout.compression,)
    yield 262, SHORT, (layout.photometric,)
    if layout.fill_order != 1:
        yield 266, SHORT, (layout.fill_order,)
    yield 277, SHORT, (layout.samples,)
    if layout.tile:
        yield 322, LONG, (layout.tile[0],)
        yield 323, LONG, (layout.tile[1],)
        yield 324, kind, tuple(places)
        yield 325, kind, tuple(sizes)
    else:
        yield 273, kind, tuple(places)
        yield 278, LONG, (layout.rows_per_strip or layout.height,)
        yield 279, kind, tuple(sizes)
    if layout.is_planar:
        yield 284, SHORT, (2,)
    if layout.predictor != PLAIN:
        yield 317, SHORT, (layout.predictor,)
    if layout.palette:
        yield 320, SHORT, layout.palette
    if layout.extra:
        yield 338, SHORT, layout.extra
    if layout.sample_format != UNSIGNED:
        yield 339, SHORT, (layout.sample_format,) * layout.samples
    yield from layout.more_tags


def _directory(layout: Layout, entries: list[tuple[int, int, tuple[int, ...]]], at: int) -> bytes:
    count, place, room = ("Q", "Q", 8) if layout.is_big else ("H", "I", 4)
    order = layout.order
    table = struct.pack(order + count, len(entries))
    values_at = at + len(table) + len(entries) * (4 + 2 * room) + room
    values = b""
    for tag, kind, numbers in entries:
        packed = struct.pack(f"{order}{len(numbers)}{_FORMS[kind]}", *numbers)
        amount = len(numbers) // (2 if kind == RATIONAL else 1)
        table += struct.pack(order + "HH" + place, tag, kind, amount)
        if len(packed) <= room:
            table += packed.ljust(room, b"\0")
        else:
            table += struct.pack(order + place, values_at + len(values))
            values += packed + bytes(len(packed) % 2)
    return table + bytes(room) + values


def _pieces(layout: Layout, rows: Rows) -> Iterator[bytes]:
    """The strips or tiles in the order in which the file lists them, packed."""
    every = range(layout.samples)
    groups = [[plane] for plane in every] if layout.is_planar else [list(every)]
    for group in groups:
        for left, top, width, height in _boxes(layout):
            lines = [
                [
                    rows[min(y, layout.height - 1)][min(x, layout.width - 1)][sample]
                    for x in range(left, left + width)
                    for sample in group
                ]
                for y in range(top, top + height)
            ]
            data = b"".join(_line(layout, line, len(group)) for line in lines)
            yield _packed(layout, data, len(data) // len(lines))


def _boxes(layout: Layout) -> Iterator[tuple[int, int, int, int]]:
    if layout.tile:
        wide, high = layout.tile
        for top in range(0, layout.height, high):
            for left in range(0, layout.width, wide):
                yield left, top, wide, high
        return
    step = layout.rows_per_strip or layout.height
    for top in range(0, layout.height, step):
        yield 0, top, layout.width, min(step, layout.height - top)


def _line(layout: Layout, line: list[float], step: int) -> bytes:
    """One row of samples as bytes, after the predictor."""
    order, bits = layout.order, layout.bits
    if layout.predictor == FLOATING:
        size = bits // 8
        bigs = b"".join(_float(">", bits, value) for value in line)
        by_byte = b"".join(bigs[place::size] for place in range(size))
        return _differences(by_byte, step)
    if layout.sample_format == FLOAT:
        return b"".join(_float(order, bits, value) for value in line)
    numbers = [int(value) & ((1 << bits) - 1) for value in line]
    if layout.predictor == HORIZONTAL:
        numbers = [
            (value - (numbers[at - step] if at >= step else 0)) & ((1 << bits) - 1)
            for at, value in enumerate(numbers)
        ]
    if bits in {8, 16, 32, 64}:
        form = {8: "B", 16: "H", 32: "I", 64: "Q"}[bits]
        return struct.pack(f"{order}{len(numbers)}{form}", *numbers)
    return _bits(numbers, bits)


def _float(order: str, bits: int, value: float) -> bytes:
    return struct.pack(order + {16: "e", 32: "f", 64: "d"}[bits], value)


def _bits(numbers: list[int], bits: int) -> bytes:
    """Numbers one behind the other, the highest bit first, and the last byte filled up."""
    whole = 0
    for number in numbers:
        whole = whole << bits | number
    length = len(numbers) * bits
    fill = -length % 8
    return (whole << fill).to_bytes((length + fill) // 8, "big")


def _differences(data: bytes, step: int) -> bytes:
    return bytes(
        (value - (data[at - step] if at >= step else 0)) & 255 for at, value in enumerate(data)
    )


def _packed(layout: Layout, data: bytes, row_bytes: int) -> bytes:
    if layout.compression in {DEFLATE, OLD_DEFLATE}:
        data = zlib.compress(data)
    elif layout.compression == LZW:
        data = lzw(data)
    elif layout.compression == PACKBITS:
        data = b"".join(
            packbits(data[at : at + row_bytes]) for at in range(0, len(data), row_bytes)
        )
    if layout.fill_order == 2:
        data = bytes(int(f"{value:08b}"[::-1], 2) for value in data)
    return data


def packbits(row: bytes) -> bytes:
    """A row by TIFF's section 9."""
    result, at = b"", 0
    while at < len(row):
        run = 1
        while run < 128 and at + run < len(row) and row[at + run] == row[at]:
            run += 1
        if run > 1:
            result += bytes([257 - run, row[at]])
            at += run
            continue
        end = at + 1
        while end < len(row) and end - at < 128 and row[end : end + 1] != row[end + 1 : end + 2]:
            end += 1
        result += bytes([end - at - 1]) + row[at:end]
        at = end
    return result


def lzw(data: bytes) -> bytes:
    """Data by TIFF's section 13: codes of 9 to 12 bits, the highest bit first."""
    codes, table, width, word = [(_CLEAR, 9)], _bytes_alone(), 9, b""
    for at in range(len(data)):
        longer = word + data[at : at + 1]
        if longer in table:
            word = longer
            continue
        codes.append((table[word], width))
        table[longer] = len(table) + 2
        width += _is_full(table[longer], width)
        if table[longer] == _LAST_ENTRY:
            codes.append((_CLEAR, width))
            table, width = _bytes_alone(), 9
        word = data[at : at + 1]
    codes.append((table[word], width))
    codes.append((_END, width + _is_full(len(table) + 2, width)))
    whole = length = 0
    for code, bits in codes:
        whole, length = whole << bits | code, length + bits
    fill = -length % 8
    return (whole << fill).to_bytes((length + fill) // 8, "big")


def _bytes_alone() -> dict[bytes, int]:
    return {bytes([value]): value for value in range(256)}


def _is_full(newest: int, width: int) -> bool:
    """Whether codes have to grow behind this entry; TIFF's grow one earlier than GIF's."""
    return width < 12 and newest == (1 << width) - 1
