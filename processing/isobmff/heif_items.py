"""Finds the items of a HEIF or AVIF file and the properties that belong to each of them."""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from processing.isobmff.boxes import FULL_BOX_BYTES, Box, image_boxes

_MOST_ITEMS: Final = 10_000
_MOST_PLACES: Final = 100_000
_CODED: Final = frozenset({b"hvc1", b"av01"})


class Link(NamedTuple):
    """One property of an item."""

    number: int  # of the property, from 1
    at: int  # where the number stands
    width: int  # in bytes


def find(data: bytes, *path: bytes) -> Box | None:
    """The first box at the end of a path from the top, like meta, iprp, ipco; None without one.

    The body of meta begins behind its version and flags.
    """
    at, end, found = 0, len(data), None
    for kind in path:
        found = next((box for box in image_boxes(data, at, end) if box.kind == kind), None)
        if found is None:
            return None
        at, end = found.body + (FULL_BOX_BYTES if kind == b"meta" else 0), found.end
    return found and Box(found.kind, found.at, at, end)


def primary_item(data: bytes) -> int | None:
    """The number of the item that is the image; None where none is named."""
    box = find(data, b"meta", b"pitm")
    return int.from_bytes(data[box.body + FULL_BOX_BYTES : box.end], "big") if box else None


def property_boxes(data: bytes) -> list[Box]:
    """The properties in the order by which links number them."""
    box = find(data, b"meta", b"iprp", b"ipco")
    return list(image_boxes(data, box.body, box.end)) if box else []


def property_links(data: bytes) -> dict[int, list[Link]]:
    """The properties of each item, by the item's number.

    Raises IndexError or struct.error where the list is damaged.
    """
    box = find(data, b"meta", b"iprp", b"ipma")
    if box is None:
        return {}
    at = box.body
    version, width = data[at], 1 + (data[at + 3] & 1)
    (entries,) = struct.unpack_from(">I", data, at + 4)
    at += 8
    links: dict[int, list[Link]] = {}
    for _ in range(min(entries, _MOST_ITEMS)):
        id_bytes = 2 if version == 0 else 4
        item, count = int.from_bytes(data[at : at + id_bytes], "big"), data[at + id_bytes]
        at += id_bytes + 1
        for place in range(at, at + count * width, width):
            number = _without_flag(data[place : place + width])
            if number:
                links.setdefault(item, []).append(Link(number, place, width))
        at += count * width
    return links


def _without_flag(number: bytes) -> int:
    """The number of a property, whose first bit says only that readers must know the property."""
    return int.from_bytes(number, "big") & ((0x80 << 8 * (len(number) - 1)) - 1)


def coded_items(data: bytes) -> list[bytes]:
    """The bytes of every item that is coded pixels; none where its lists are damaged."""
    table, places = find(data, b"meta", b"iinf"), find(data, b"meta", b"iloc")
    if table is None or places is None:
        return []
    first = table.body + (6 if data[table.body] == 0 else 8)
    try:
        coded = {
            _item_number(data, each.body)
            for each in image_boxes(data, first, table.end)
            if _item_kind(data, each.body) in _CODED
        }
        found = item_places(data, places.body)
        return [data[at:end] for item, (at, end) in found if item in coded]
    except (IndexError, struct.error):
        return []


def _item_number(data: bytes, infe: int) -> int:
    return int.from_bytes(data[infe + 4 : infe + (6 if data[infe] == 2 else 8)], "big")


def _item_kind(data: bytes, infe: int) -> bytes:
    at = infe + (8 if data[infe] == 2 else 10)
    return data[at : at + 4]


def item_places(data: bytes, at: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """Each item of an iloc box with where it begins and ends."""
    version, sizes = data[at], data[at + 4] << 8 | data[at + 5]
    offset_bytes, length_bytes, base_bytes, index_bytes = (sizes >> by & 15 for by in (12, 8, 4, 0))
    id_bytes = 4 if version == 2 else 2
    at += 6

    def number(width: int) -> int:
        nonlocal at
        at += width
        if at > len(data):
            raise IndexError
        return int.from_bytes(data[at - width : at], "big")

    for _ in range(min(number(id_bytes), _MOST_PLACES)):
        item = number(id_bytes)
        method = number(2) & 15 if version else 0
        number(2)
        base = number(base_bytes)
        for _ in range(number(2)):
            if version:
                number(index_bytes)
            start, length = base + number(offset_bytes), number(length_bytes)
            if method == 0:
                yield item, (start, start + length or len(data))
