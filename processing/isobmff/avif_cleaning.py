"""Blanks what an AVIF says beside its images and their timing, without moving a byte."""

import re
import struct
from collections.abc import Callable, Iterator
from typing import Final

from processing.isobmff.boxes import AtDamage, Box, Walk, boxes_below, image_boxes, whole
from processing.isobmff.heif_items import item_places
from processing.isobmff.heif_repair import repaired

_TOP: Final = frozenset({b"ftyp", b"meta", b"mdat", b"moov"})
_EMPTY: Final = frozenset({b"free", b"skip"})
# By how many bytes stand before the boxes inside: version, flags and a count, or a whole entry.
_OPENED: Final = {
    **dict.fromkeys((b"moov", b"trak", b"mdia", b"minf", b"stbl", b"iprp", b"ipco"), 0),
    b"meta": 4,
    b"iinf": 6,
    b"stsd": 8,
    b"av01": 78,
}
_DATED: Final = frozenset({b"mvhd", b"tkhd", b"mdhd"})  # Each begins with times of day.
_HANDLER_NAME_AT: Final = 24
_NOTES: Final = frozenset({b"Exif", b"mime", b"uri "})
_SILENT_ITEM: Final = b"skip"  # This is no kind of item, and readers pass over unknown kinds.
_SPEAKING: Final = re.compile(b"udta|uuid|ilst|keys|rdf\\+xml|xmpmeta", re.DOTALL)
_LARGEST_IDAT: Final = 64  # a grid's shape takes 8 bytes
_MOST_PLACES: Final = 100_000
# An end of zeros would be taken for a copy that broke off.
_BLANK: Final = b"\xff"

CleanProfile = Callable[[bytes], bytes]  # of an ICC profile, without what it says beside colours


def blanked_avif(data: bytes, clean_profile: CleanProfile) -> bytes | None:
    """The same length without notes, names, dates, and bytes that no image is made of.

    None where it is laid out in a way that nothing can be proved of; IndexError, KeyError,
    ValueError or struct.error where it is damaged.
    """
    data = repaired(data, b"avif")
    top = list(image_boxes(data, 0, len(data)))
    if not top or top[-1].end != len(data) or any(box.kind not in _TOP | _EMPTY for box in top):
        return None
    result = bytearray(data)
    found = list(boxes_below(data, whole(len(data)), _OPENED, Walk(AtDamage.STOP)))
    if not all(_silence(result, box, clean_profile) for box in found):
        return None
    silenced = {
        _item(data, box.body) for box in found if box.kind == b"infe" and _is_note(data, box.body)
    }
    used = sorted(_used(data, found, silenced))
    for box in top:
        if box.kind == b"mdat":
            _blank_between(result, used, box.body, box.end)
        elif box.kind in _EMPTY:
            result[box.body : box.end] = bytes(box.end - box.body)
        elif _SPEAKING.search(result, box.body, box.end):
            return None
    return bytes(result)


def _silence(result: bytearray, box: Box, clean_profile: CleanProfile) -> bool:
    """Blank what one box says; False when it may say more than is known here."""
    kind, at, end = box.kind, box.body, box.end
    if kind in _DATED:
        times = 16 if result[at] == 1 else 8
        result[at + 4 : at + 4 + times] = bytes(times)
    elif kind == b"hdlr":
        result[at + _HANDLER_NAME_AT : end] = bytes(max(0, end - at - _HANDLER_NAME_AT))
    elif kind == b"infe":
        if result[at] not in {2, 3}:
            return False
        kind_at = _item_kind_at(result, at)
        if _is_note(result, at):
            result[kind_at : kind_at + 4] = _SILENT_ITEM
        result[kind_at + 4 : end] = bytes(end - kind_at - 4)
    elif kind == b"colr" and bytes(result[at : at + 4]) in {b"prof", b"rICC"}:
        profile = clean_profile(bytes(result[at + 4 : end]))
        if len(profile) > end - at - 4:
            return False
        result[at + 4 : end] = profile.ljust(end - at - 4, b"\0")
    return kind != b"idat" or end - at <= _LARGEST_IDAT


def _item_kind_at(data: bytes | bytearray, infe: int) -> int:
    return infe + (8 if data[infe] == 2 else 10)


def _is_note(data: bytes | bytearray, infe: int) -> bool:
    at = _item_kind_at(data, infe)
    return bytes(data[at : at + 4]) in _NOTES


def _item(data: bytes, infe: int) -> int:
    return int.from_bytes(data[infe + 4 : _item_kind_at(data, infe) - 2], "big")


def _used(data: bytes, found: list[Box], silenced: set[int]) -> Iterator[tuple[int, int]]:
    """Where images are: items by their list of places, and frames by each track's tables."""
    tables: dict[bytes, int] = {}
    for box in found:
        kind, at = box.kind, box.body
        if kind == b"iloc":
            yield from (place for item, place in item_places(data, at) if item not in silenced)
        if kind == b"stbl":
            tables = {}
        if kind in {b"stsz", b"stsc", b"stco", b"co64"}:
            tables[kind] = at
            if len(tables) == 3:
                yield from _frames(data, tables)


def _frames(data: bytes, tables: dict[bytes, int]) -> Iterator[tuple[int, int]]:
    """Where the frames of one track are, by its sizes, its chunks and their places."""
    one_size, count = struct.unpack_from(">II", data, tables[b"stsz"] + 4)
    if count > _MOST_PLACES:
        raise ValueError("more frames than are ever read")
    sizes = [one_size] * count
    if not one_size:
        sizes = list(struct.unpack_from(f">{count}I", data, tables[b"stsz"] + 12))
    is_long = b"co64" in tables
    at = tables[b"co64" if is_long else b"stco"] + 4
    (chunks,) = struct.unpack_from(">I", data, at)
    starts = struct.unpack_from(f">{chunks}{'Q' if is_long else 'I'}", data, at + 4)
    (runs,) = struct.unpack_from(">I", data, tables[b"stsc"] + 4)
    flat = struct.unpack_from(f">{3 * runs}I", data, tables[b"stsc"] + 8)
    shares = dict(
        zip(flat[::3], flat[1::3], strict=True)
    )  # by the first chunk that has so many frames
    frame = in_a_chunk = 0
    for number, start in enumerate(starts, 1):
        in_a_chunk = shares.get(number, in_a_chunk)
        end = start + sum(sizes[frame : frame + in_a_chunk])
        frame += in_a_chunk
        yield start, end


def _blank_between(result: bytearray, used: list[tuple[int, int]], at: int, end: int) -> None:
    for start, after in used:
        if start > at:
            stop = min(start, end)
            result[at:stop] = _BLANK * (stop - at)
        at = max(at, min(after, end))
    result[at:end] = _BLANK * (end - at)
