"""Refuses an mp4 or mov whose index claims more than its bytes can hold, before it is read.

Readers make room for all that an index claims: three kilobytes can ask for gigabytes.
"""

import struct
from pathlib import Path
from typing import BinaryIO, Final

from compression_config import LIMITS
from errors import CorruptMediaError
from processing.isobmff.boxes import AtDamage, Box, UntiledError, Walk, boxes_below, whole

_OPENED: Final = dict.fromkeys(
    (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"moof", b"traf", b"cmov"), 0
)
# Bytes of one entry of a table, which follows a version and a count.
_ENTRY_BYTES: Final = {
    b"stts": 8,
    b"ctts": 8,
    b"stsc": 12,
    b"stco": 4,
    b"co64": 8,
    b"stss": 4,
    b"stps": 4,
    b"elst": 12,
}
_MOST_EDITS: Final = 10_000
_PLAIN_SAMPLES: Final = 100_000  # So many are no burden, whatever the file's size.
_MOST_UNPACKED_BYTES: Final = 64 * 1024 * 1024
# What follows the count in a fragment's table, as its flags say, and four fields for each sample.
_RUN_FIELDS: Final = (0x100, 0x200, 0x400, 0x800)


def refuse_false_claims(source: Path) -> None:
    """Raise CorruptMediaError where tables do not fit their boxes, samples the file."""
    size_bytes = source.stat().st_size
    tracks = samples = 0
    walk = Walk(AtDamage.CLAMP)  # Ffprobe reads also what is not made of whole boxes.
    with source.open("rb") as file:
        try:
            for box in boxes_below(file, whole(size_bytes), _OPENED, walk):
                tracks += box.kind == b"trak"
                samples += _samples(file, box)
                if (
                    _is_overfull(file, box)
                    or tracks > LIMITS.max_streams
                    or samples > max(size_bytes, _PLAIN_SAMPLES)
                ):
                    raise CorruptMediaError
        except (UntiledError, struct.error) as error:
            # Boxes go too deep, are too many, or have no room for a count.
            raise CorruptMediaError from error


def _samples(file: BinaryIO, box: Box) -> int:
    """Samples that `box` claims without an entry for each of them."""
    if box.kind not in {b"stsz", b"trun"}:
        return 0
    version_and_flags, first, second = struct.unpack(">III", _head(file, box, 12))
    if box.kind == b"stsz":
        return second if first else 0
    return 0 if any(version_and_flags & field for field in _RUN_FIELDS) else first


def _is_overfull(file: BinaryIO, box: Box) -> bool:
    """Whether a table has more entries than room."""
    room = box.end - box.body - 8
    if box.kind in _ENTRY_BYTES:
        (entries,) = struct.unpack(">4xI", _head(file, box, 8))
        too_many = box.kind == b"elst" and entries > _MOST_EDITS
        return bool(too_many or entries * _ENTRY_BYTES[box.kind] > room)
    if box.kind == b"stsz":
        sample_bytes, entries = struct.unpack(">4xII", _head(file, box, 12))
        return bool(not sample_bytes and entries * 4 > room - 4)
    if box.kind == b"trun":
        version_and_flags, entries = struct.unpack(">II", _head(file, box, 8))
        fields = sum(bool(version_and_flags & field) for field in _RUN_FIELDS)
        return bool(entries * fields * 4 > room)
    if box.kind == b"cmvd":
        unpacked_bytes: int = struct.unpack(">I", _head(file, box, 4))[0]
        return unpacked_bytes > _MOST_UNPACKED_BYTES
    return False


def _head(file: BinaryIO, box: Box, length: int) -> bytes:
    file.seek(box.body)
    return file.read(min(length, box.end - box.body))
