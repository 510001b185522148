"""Reads from the boxes of a HEIC or AVIF what decoders do not tell about its image."""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from processing.isobmff.boxes import FULL_BOX_BYTES, image_boxes
from processing.isobmff.heif_items import find, primary_item, property_boxes, property_links

_SAMPLE_ENTRY_BYTES: Final = 78  # of a video track's description, before its boxes
_DAMAGE: Final = (IndexError, KeyError, ValueError, ZeroDivisionError, struct.error)


class ImageProperties(NamedTuple):
    """What the boxes say of the primary image."""

    code_points: tuple[int, int] | None = None  # primaries, transfer
    crop: tuple[int, int, int, int] | None = None  # left, top, right, bottom, before any turn
    pixel_shape: tuple[int, int] | None = None  # its width and height, before any turn
    is_turned: bool = False  # by 90 or 270 degrees


def image_properties(data: bytes, size: tuple[int, int]) -> ImageProperties:
    """The properties of the primary image of `size` (as stored); empty where they are damaged."""
    try:
        found = dict(_properties(data)) or dict(_of_sequence(data))
        return ImageProperties(
            code_points=_code_points(found.get(b"colr")),
            crop=_crop(found.get(b"clap"), size),
            pixel_shape=_pixel_shape(found.get(b"pasp")),
            is_turned=bool(found.get(b"irot", b"\0")[0] & 1),
        )
    except _DAMAGE:
        return ImageProperties()


def claimed_size(data: bytes) -> tuple[int, int] | None:
    """Width and height that the primary image says it has; None where it says nothing."""
    try:
        content = dict(_properties(data)).get(b"ispe", b"")
        width, height = struct.unpack_from(">II", content, FULL_BOX_BYTES)
    except _DAMAGE:
        return None
    return width, height


def _properties(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The primary item's properties; of a colour given twice, the code points."""
    primary = primary_item(data)
    if primary is None:
        return
    known = property_boxes(data)
    for link in property_links(data).get(primary, ()):
        box = known[link.number - 1]
        content = data[box.body : box.end]
        if box.kind != b"colr" or content[:4] == b"nclx":
            yield box.kind, content


def _of_sequence(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes in the description of an image sequence's first track."""
    table = find(data, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
    if table is None:
        return
    entry = next(image_boxes(data, table.body + 8, table.end))
    for box in image_boxes(data, entry.body + _SAMPLE_ENTRY_BYTES, entry.end):
        yield box.kind, data[box.body : box.end]


def _code_points(content: bytes | None) -> tuple[int, int] | None:
    if not content or content[:4] != b"nclx":
        return None
    primaries, transfer = struct.unpack_from(">HH", content, 4)
    return primaries, transfer


def _pixel_shape(content: bytes | None) -> tuple[int, int] | None:
    if not content:
        return None
    width, height = struct.unpack_from(">II", content)
    return width, height


def _crop(content: bytes | None, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """The clean aperture (ISO/IEC 14496-12) of an image; None when it is all or nothing of it."""
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
