"""Reads from the boxes of an AVIF or HEIC what decoders do not tell, and mends what they refuse."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_MAX_BOXES: Final = 10_000
_FULL_BOX_BYTES: Final = 4  # version and flags
_SAMPLE_ENTRY_BYTES: Final = 78  # of a video track's description, before its boxes


@dataclass(frozen=True, slots=True)
class PictureBoxes:
    """What the boxes of the primary picture say."""

    code_points: tuple[int, int] | None = None  # primaries, transfer
    crop: tuple[int, int, int, int] | None = None  # left, top, right, bottom, before any turn


@dataclass(frozen=True, slots=True)
class _Link:
    """One property of an item."""

    number: int  # of the property, from 1
    at: int  # where the number stands
    width: int  # in bytes


def read_boxes(data: bytes, size: tuple[int, int]) -> PictureBoxes:
    """The properties of the primary picture of `size` (as stored); empty where they are damaged."""
    try:
        kinds = dict(_properties(data)) or dict(_of_sequence(data))
        return PictureBoxes(_code_points(kinds.get(b"colr")), _crop(kinds.get(b"clap"), size))
    except (IndexError, KeyError, ValueError, ZeroDivisionError, struct.error):
        return PictureBoxes()


def promised_size(data: bytes) -> tuple[int, int] | None:
    """Width and height that the primary picture says it has; None where it says nothing."""
    try:
        content = dict(_properties(data)).get(b"ispe", b"")
        width, height = struct.unpack_from(">II", content, _FULL_BOX_BYTES)
    except (IndexError, KeyError, ValueError, struct.error):
        return None
    return width, height


def repaired(data: bytes, brand: bytes) -> bytes:
    """`data`, of the same length, put right where our decoders are stricter than all others.

    `data` itself where there is nothing to be put right.
    """
    data = _with_brand(data, brand)
    for mend in (_with_one_list_of_links, _with_size_of_alpha):
        try:
            data = mend(data) or data
        except (IndexError, KeyError, ValueError, StopIteration, struct.error):
            continue  # damaged: for the decoder to say
    return data


def boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start of the content and end of each box from `at` on."""
    for _ in range(_MAX_BOXES):
        if at + 8 > end:
            return
        size, kind = struct.unpack_from(">I4s", data, at)
        body = at + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, body)
            body += 8
        after = end if size == 0 else at + size
        if not body <= after <= end:
            return
        yield kind, body, after
        at = after


def _find(data: bytes, *path: bytes) -> tuple[int, int] | None:
    at, end = 0, len(data)
    for kind in path:
        found = next(((b, e) for name, b, e in boxes(data, at, end) if name == kind), None)
        if found is None:
            return None
        at, end = found
        at += _FULL_BOX_BYTES if kind == b"meta" else 0
    return at, end


def _properties(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The primary item's properties; of a colour given twice, the code points."""
    places = [_find(data, b"meta", *path) for path in ((b"pitm",), (b"iprp", b"ipco"))]
    which, box = places
    links = _find(data, b"meta", b"iprp", b"ipma")
    if not which or not box or not links:
        return
    primary = int.from_bytes(data[which[0] + 4 : which[1]], "big")
    known = list(boxes(data, *box))
    for link in _links(data, links).get(primary, ()):
        kind, body, end = known[link.number - 1]
        content = data[body:end]
        if kind != b"colr" or content[:4] == b"nclx":
            yield kind, content


def _links(data: bytes, box: tuple[int, int]) -> dict[int, list[_Link]]:
    """What an ipma box gives to each item."""
    at = box[0]
    version, width = data[at], 1 + (data[at + 3] & 1)
    (entries,) = struct.unpack_from(">I", data, at + 4)
    at += 8
    links: dict[int, list[_Link]] = {}
    for _ in range(min(entries, _MAX_BOXES)):
        id_bytes = 2 if version == 0 else 4
        item, count = int.from_bytes(data[at : at + id_bytes], "big"), data[at + id_bytes]
        at += id_bytes + 1
        for place in range(at, at + count * width, width):
            number = (
                int.from_bytes(data[place : place + width], "big") & (0x80 << 8 * (width - 1)) - 1
            )
            if number:
                links.setdefault(item, []).append(_Link(number, place, width))
        at += count * width
    return links


def _of_sequence(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes in the description of an image sequence's first track."""
    path = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
    found = _find(data, *path)
    if not found:
        return
    _, body, end = next(boxes(data, found[0] + 8, found[1]))
    for kind, start, after in boxes(data, body + _SAMPLE_ENTRY_BYTES, end):
        yield kind, data[start:after]


def _code_points(content: bytes | None) -> tuple[int, int] | None:
    if not content or content[:4] != b"nclx":
        return None
    primaries, transfer = struct.unpack_from(">HH", content, 4)
    return primaries, transfer


def _crop(content: bytes | None, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """The clean aperture (ISO/IEC 14496-12) of a picture; None when it is all or nothing of it."""
    if not content:
        return None
    wn, wd, hn, hd = struct.unpack_from(">4I", content)
    xn, xd, yn, yd = struct.unpack_from(">iIiI", content, 16)
    width, height = wn / wd, hn / hd
    left = (size[0] - width) / 2 + xn / xd
    top = (size[1] - height) / 2 + yn / yd
    box = round(left), round(top), round(left + width), round(top + height)
    is_inside = 0 <= box[0] < box[2] <= size[0] and 0 <= box[1] < box[3] <= size[1]
    return box if is_inside and box != (0, 0, *size) else None


def _with_brand(data: bytes, brand: bytes) -> bytes:
    """`data` saying first that it is of `brand`, where it does not say so at all.

    Some writers only say that it is some picture; decoders do not look further then.
    """
    end = int.from_bytes(data[:4], "big")
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, min(end, len(data)) - 3, 4))}
    is_said = any(each.startswith(brand[:3]) for each in brands)  # heic or heix, avif or avis
    return data if is_said else data[:8] + brand + data[12:]


def _with_one_list_of_links(data: bytes) -> bytes | None:
    """The second list of which property belongs to which item put behind the first, as one."""
    meta, properties = _find(data, b"meta"), _find(data, b"meta", b"iprp")
    if not meta or not properties:
        return None
    lists = [(body, end) for kind, body, end in boxes(data, *properties) if kind == b"ipma"]
    if len(lists) != 2:
        return None
    (one, one_end), (other, other_end) = lists
    if one_end != other - 8 or data[one : one + 4] != data[other : other + 4]:
        return None
    count = sum(int.from_bytes(data[at + 4 : at + 8], "big") for at in (one, other))
    entries = data[one + 8 : one_end] + data[other + 8 : other_end]
    joined = struct.pack(">I4s", 16 + len(entries), b"ipma") + data[one : one + 4]
    joined += struct.pack(">I", count) + entries
    freed = struct.pack(">I4s8x", 16, b"free")  # so that nothing outside of meta moves
    size = properties[1] - properties[0] + 8 - len(freed)
    head = data[: properties[0] - 8] + struct.pack(">I", size) + data[properties[0] - 4 : one - 8]
    return head + joined + data[other_end : meta[1]] + freed + data[meta[1] :]


def _with_size_of_alpha(data: bytes) -> bytes | None:
    """The size of the picture given to its alpha, too, where a writer left that out.

    The alpha's number of bits per channel, which nobody asks for, gives its place to it.
    """
    which = _find(data, b"meta", b"pitm")
    links = _find(data, b"meta", b"iprp", b"ipma")
    box = _find(data, b"meta", b"iprp", b"ipco")
    if not which or not links or not box:
        return None
    kinds = [kind for kind, _, _ in boxes(data, *box)]
    given = _links(data, links)
    primary = int.from_bytes(data[which[0] + 4 : which[1]], "big")
    size = next(link for link in given[primary] if kinds[link.number - 1] == b"ispe")
    result = bytearray(data)
    for links_of_item in given.values():
        names = [kinds[link.number - 1] for link in links_of_item]
        if b"auxC" in names and b"ispe" not in names and b"pixi" in names:
            place = links_of_item[names.index(b"pixi")].at
            result[place : place + size.width] = size.number.to_bytes(size.width, "big")
    return bytes(result) if result != data else None
