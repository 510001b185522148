"""Damages a file as accidents and attackers do: the same way each time for the same chance."""

import random
from collections.abc import Callable
from typing import Literal

from harness.hostile.fuzz.fields import fields, repaired

MAX_BYTES = 200_000
_INTERESTING = (
    *(0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000),
    *(0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF, 1000, 4096, 20_000, 65_500),
    *(0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF),
)
_ORDERS: tuple[Literal["big", "little"], ...] = ("big", "little")
_NAMES = (
    "moov mdat trak stbl stsd avc1 hvc1 av01 avcC hvcC moof trun tfhd elst dref alis rmra cmov",
    "meta iprp ipco ispe grid iref Exif iloc ICCP ANIM ANMF VP8X VP8L ALPH acTL fcTL fdAT iCCP",
    "PLTE LIST movi idx1 strf GAB2 NETSCAPE2.0 Adobe JFIF ICC_PROFILE #EXTM3U ffconcat onMetaData",
    "GIF89a RIFF",
)
_WORDS = (
    *(word.encode() for line in _NAMES for word in line.split()),
    *(b"\xff\xd8", b"\xff\xd9", b"\xff\xda", b"\xff\xc0", b"\xff\xc2", b"\xff\xc4", b"\xff\xdd"),
    *(b"\0\0\0\1", b"\0\0\1\x67", b"\x1aE\xdf\xa3", b"\x1f\x43\xb6\x75", b"\xec\xff", b"\0" * 64),
    *(b"\xff" * 16, b"%n%s%x", b"../../", b"file:///etc/passwd", b"II*\0", b"url "),
)

Mutation = Callable[[bytearray, bytes, random.Random], None]


def mutated(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """`data` with one to a few wounds; `other` is a file of the same format to take parts from."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        if not changed:
            break
        chance.choices(_WAYS, _WEIGHTS)[0](changed, other, chance)
    result = bytes(changed[:MAX_BYTES])
    return repaired(result) if chance.random() < 0.8 else result


def _place(data: bytearray, chance: random.Random) -> int:
    """Anywhere, but rather near the front, where headers are."""
    end = min(len(data), 256) if chance.random() < 0.35 else len(data)
    return chance.randrange(end)


def _flip_bits(data: bytearray, other: bytes, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 1, 2, 4, 16, 64))):
        data[_place(data, chance)] ^= 1 << chance.randrange(8)


def _set_bytes(data: bytearray, other: bytes, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        data[_place(data, chance)] = chance.choice((0, 255, chance.randrange(256)))


def _set_number(data: bytearray, other: bytes, chance: random.Random) -> None:
    size, order = chance.choice((1, 2, 4, 8)), chance.choice(_ORDERS)
    value = chance.choice(_INTERESTING) % (1 << 8 * size)
    at = _place(data, chance)
    data[at : at + size] = value.to_bytes(size, order)


def _lie_about_length(data: bytearray, other: bytes, chance: random.Random) -> None:
    found = [field for field in fields(bytes(data)) if field.at + field.size <= len(data)]
    if not found:
        return _set_number(data, other, chance)
    field = chance.choice(found)
    order = _ORDERS[field.is_little]
    span = slice(field.at, field.at + field.size)
    old = int.from_bytes(data[span], order)
    near = (old + 1, old - 1, old * 2, old // 2, old + 8, old ^ 0x80, chance.randrange(1 << 16))
    value = chance.choice((*near, *_INTERESTING)) % (1 << 8 * field.size)
    data[span] = value.to_bytes(field.size, order)
    return None


def _block(data: bytearray, chance: random.Random) -> slice:
    size = min(len(data), chance.choice((1, 2, 4, 8, 16, 64, 188, 256, 1024, 4096)))
    at = chance.randrange(len(data) - size + 1)
    if data[:1] == b"G" and size == 188:
        at -= at % 188  # whole packets of a transport stream
    return slice(at, at + size)


def _delete_block(data: bytearray, other: bytes, chance: random.Random) -> None:
    del data[_block(data, chance)]


def _repeat_block(data: bytearray, other: bytes, chance: random.Random) -> None:
    span = _block(data, chance)
    data[span.start : span.start] = bytes(data[span]) * chance.choice((1, 1, 2, 10))


def _swap_blocks(data: bytearray, other: bytes, chance: random.Random) -> None:
    one, two = _block(data, chance), _block(data, chance)
    data[one], data[two] = data[two], data[one]


def _insert_bytes(data: bytearray, other: bytes, chance: random.Random) -> None:
    at = _place(data, chance)
    data[at:at] = chance.randbytes(chance.choice((1, 2, 4, 16, 256)))


def _insert_word(data: bytearray, other: bytes, chance: random.Random) -> None:
    at, word = _place(data, chance), chance.choice(_WORDS)
    data[at : at + chance.choice((0, len(word)))] = word


def _truncate(data: bytearray, other: bytes, chance: random.Random) -> None:
    del data[chance.randrange(1, len(data) + 1) :]


def _splice(data: bytearray, other: bytes, chance: random.Random) -> None:
    if other:
        at = chance.randrange(len(data))
        data[at:] = other[min(at, len(other)) if chance.random() < 0.5 else 0 :]


def _fill_block(data: bytearray, other: bytes, chance: random.Random) -> None:
    span = _block(data, chance)
    size = span.stop - span.start
    data[span] = bytes(size) if chance.random() < 0.5 else chance.randbytes(size)


_WEIGHED: dict[Mutation, int] = {
    _flip_bits: 6,
    _set_bytes: 4,
    _set_number: 4,
    _lie_about_length: 7,
    _delete_block: 2,
    _repeat_block: 2,
    _swap_blocks: 1,
    _insert_bytes: 1,
    _insert_word: 2,
    _truncate: 2,
    _splice: 2,
    _fill_block: 2,
}
_WAYS, _WEIGHTS = tuple(_WEIGHED), tuple(_WEIGHED.values())
