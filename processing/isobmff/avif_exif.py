"""Puts EXIF or XMP into a silent AVIF still, as one more item of its list."""

import struct
from typing import Final

from processing.isobmff.boxes import FULL_BOX_BYTES, box, image_boxes

_NO_OFFSET: Final = bytes(4)  # how many bytes stand before the block itself
_EIGHT_BYTES_IN_FOUR: Final = 0x44  # iloc: an offset and a length take four bytes each


def with_exif_item(data: bytes, block: bytes) -> bytes:
    """`data` with `block` as its EXIF; as it was where it is not laid out as our encoder does."""
    return _with_item(data, b"Exif\0", _NO_OFFSET + block)


def with_xmp_item(data: bytes, packet: bytes) -> bytes:
    """The same with `packet` as its XMP."""
    return _with_item(data, b"mime\0application/rdf+xml\0", packet)


def _with_item(data: bytes, kind: bytes, content: bytes) -> bytes:
    try:
        return _grown(data, kind, content) or data
    except (IndexError, KeyError, ValueError, struct.error):
        return data


def _grown(data: bytes, kind: bytes, content: bytes) -> bytes | None:
    top = list(image_boxes(data, 0, len(data)))
    if [each.kind for each in top] != [b"ftyp", b"meta", b"mdat"]:
        return None  # An animation has further tables of places.
    head, meta, pixels = (data[each.body : each.end] for each in top)
    inside = {
        each.kind: meta[each.body : each.end]
        for each in image_boxes(meta, FULL_BOX_BYTES, len(meta))
    }
    primary = int.from_bytes(inside[b"pitm"][4:], "big")
    item = 1 + int.from_bytes(inside[b"iinf"][4:6], "big")
    if inside[b"iinf"][0] != 0 or inside[b"iloc"][:1] != b"\0":
        return None
    inside[b"iinf"] = _listed(inside[b"iinf"], item, kind)
    reference = box(b"cdsc", struct.pack(">HHH", item, 1, primary))
    inside[b"iref"] = inside.get(b"iref", bytes(FULL_BOX_BYTES)) + reference
    place_bytes = len(_place(item, 0, 0))
    grown = sum(8 + len(body) for body in inside.values()) + FULL_BOX_BYTES + place_bytes
    moved = grown - len(meta)
    at = len(data) + moved  # It follows the pixels, which are the last.
    inside[b"iloc"] = _located(inside[b"iloc"], moved) + _place(item, at, len(content))
    boxes = b"".join(box(name, body) for name, body in inside.items())
    meta_box = box(b"meta", meta[:FULL_BOX_BYTES] + boxes)
    return box(b"ftyp", head) + meta_box + box(b"mdat", pixels + content)


def _listed(items: bytes, item: int, kind: bytes) -> bytes:
    entry = box(b"infe", bytes([2, 0, 0, 0]) + struct.pack(">HH", item, 0) + kind)
    return items[:4] + struct.pack(">H", item) + items[6:] + entry


def _located(places: bytes, moved: int) -> bytes:
    """All places, farther back by `moved`, and room in their count for one more."""
    if places[4] != _EIGHT_BYTES_IN_FOUR or places[5] >> 4 != 0:
        raise ValueError("another way to write places down")
    (count,) = struct.unpack_from(">H", places, 6)
    result = bytearray(places)
    struct.pack_into(">H", result, 6, count + 1)
    at = 8
    for _ in range(count):
        (extents,) = struct.unpack_from(">H", places, at + 4)
        at += 6
        for _ in range(extents):
            (offset,) = struct.unpack_from(">I", places, at)
            struct.pack_into(">I", result, at, offset + moved)
            at += 8
    return bytes(result)


def _place(item: int, offset: int, length: int) -> bytes:
    return struct.pack(">HHHII", item, 0, 1, offset, length)
