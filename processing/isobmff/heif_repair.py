"""Puts right what is missing or odd in the boxes of a HEIC or AVIF, and decoders would refuse."""

import struct

from processing.isobmff.boxes import box, brands, image_boxes
from processing.isobmff.heif_items import find, primary_item, property_boxes, property_links


def repaired(data: bytes, brand: bytes) -> bytes:
    """`data`, of the same length, put right where our decoders are stricter than all others.

    `data` itself where there is nothing to be put right.
    """
    data = _with_brand(data, brand)
    for repair in (_with_one_list_of_links, _with_size_of_alpha):
        try:
            data = repair(data) or data
        except (IndexError, KeyError, ValueError, StopIteration, struct.error):
            continue  # It is damaged, and the decoder will say so.
    return data


def _with_brand(data: bytes, brand: bytes) -> bytes:
    """`data` saying first that it is of `brand`, where it does not say so at all.

    Some writers only say that it is some image; decoders do not look further then.
    """
    is_said = any(each.startswith(brand[:3]) for each in brands(data))  # heic or heix, avif or avis
    return data if is_said else data[:8] + brand + data[12:]


def _with_one_list_of_links(data: bytes) -> bytes | None:
    """The second list of which property belongs to which item put behind the first, as one."""
    meta, properties = find(data, b"meta"), find(data, b"meta", b"iprp")
    if not meta or not properties:
        return None
    lists = [
        each for each in image_boxes(data, properties.body, properties.end) if each.kind == b"ipma"
    ]
    if len(lists) != 2:
        return None
    one, other = lists
    if one.end != other.at or data[one.body : one.body + 4] != data[other.body : other.body + 4]:
        return None
    count = sum(int.from_bytes(data[each.body + 4 : each.body + 8], "big") for each in lists)
    entries = data[one.body + 8 : one.end] + data[other.body + 8 : other.end]
    joined = box(b"ipma", data[one.body : one.body + 4] + struct.pack(">I", count) + entries)
    freed = box(b"free", bytes(8))  # so that nothing outside of meta moves
    inside = data[properties.body : one.at] + joined + data[other.end : properties.end]
    rest = data[properties.end : meta.end] + freed + data[meta.end :]
    return data[: properties.at] + box(b"iprp", inside) + rest


def _with_size_of_alpha(data: bytes) -> bytes | None:
    """The size of the image given to its alpha, too, where a writer left that out.

    The alpha's number of bits per channel, which nobody asks for, gives its place to it.
    """
    kinds = [each.kind for each in property_boxes(data)]
    links = property_links(data)
    primary = primary_item(data)
    if primary is None:
        return None
    size = next(link for link in links[primary] if kinds[link.number - 1] == b"ispe")
    result = bytearray(data)
    for links_of_item in links.values():
        names = [kinds[link.number - 1] for link in links_of_item]
        if b"auxC" in names and b"ispe" not in names and b"pixi" in names:
            place = links_of_item[names.index(b"pixi")].at
            result[place : place + size.width] = size.number.to_bytes(size.width, "big")
    return bytes(result) if result != data else None
