"""Tells how much of a file is missing, where its container says how long it should be."""

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from processing.isobmff.boxes import promised_bytes

_MOST_RIFFS: Final = 100_000
_RIFF_HEADER_BYTES: Final = 8
_HEAD_BYTES: Final = 64 * 1024
_MATROSKA_SEGMENT: Final = b"\x18\x53\x80\x67"
_ASF_FILE_PROPERTIES: Final = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_FLV_FILE_SIZE: Final = b"\x00\x08filesize\x00"  # a key, and that a number follows


def missing_share(source: Path, demuxer: str) -> float:
    """The part of `source`, from 0 to 1, that its own sizes promise but that is not there.

    Readers of video are forgiving: most of them end early without an error where bytes are cut off.
    0 when the container does not say.
    """
    declared = _DECLARED_BYTES.get(demuxer)
    if declared is None:
        return 0.0
    with source.open("rb") as file:
        promised = declared(file)
    present = source.stat().st_size
    return max(0.0, (promised - present) / promised) if promised else 0.0


def _riff_bytes(file: BinaryIO) -> int:
    """Where the last RIFF of an avi ends; each holds a gigabyte, and live ones say 0."""
    end = 0
    for _ in range(_MOST_RIFFS):
        file.seek(end)
        header = file.read(_RIFF_HEADER_BYTES)
        size = int.from_bytes(header[4:8], "little")
        if header[:4] != b"RIFF" or size == 0:
            break
        end += size + _RIFF_HEADER_BYTES
    return end


def _matroska_bytes(file: BinaryIO) -> int:
    """Where the segment of a mkv or webm ends; live recordings leave its size unknown."""
    head = file.read(_HEAD_BYTES)
    at = head.find(_MATROSKA_SEGMENT)
    if at < 0 or at + 12 > len(head):
        return 0
    at += len(_MATROSKA_SEGMENT)
    length = 9 - head[at].bit_length()  # as many leading zeros, and one, as bytes
    size = int.from_bytes(head[at : at + length], "big") & ((1 << 7 * length) - 1)
    is_unknown = size == (1 << 7 * length) - 1
    return 0 if is_unknown or length > 8 else at + length + size


def _asf_bytes(file: BinaryIO) -> int:
    """The size in the file properties of a wmv."""
    head = file.read(_HEAD_BYTES)
    at = head.find(_ASF_FILE_PROPERTIES)
    return 0 if at < 0 else int.from_bytes(head[at + 40 : at + 48], "little")


def _flv_bytes(file: BinaryIO) -> int:
    """The `filesize` among an flv's first metadata, unless the file ends with a whole tag.

    Editors leave the number as it was; a cut hardly ever falls between two tags.
    """
    head = file.read(_HEAD_BYTES)
    if _ends_with_flv_tag(file):
        return 0
    at = head.find(_FLV_FILE_SIZE)
    value = head[at + len(_FLV_FILE_SIZE) :][:8]
    if at < 0 or len(value) < 8:
        return 0
    (size,) = struct.unpack(">d", value)
    return int(size) if 0 < size < 2**63 else 0


def _ends_with_flv_tag(file: BinaryIO) -> bool:
    end = file.seek(-4, os.SEEK_END)
    tag_bytes = int.from_bytes(file.read(4), "big")
    if not 0 < tag_bytes <= end:
        return False
    file.seek(end - tag_bytes)
    header = file.read(4)
    is_kind = header[:1] in {b"\x08", b"\x09", b"\x12"}  # sound, video, script
    return is_kind and int.from_bytes(header[1:], "big") + 11 == tag_bytes


_DECLARED_BYTES: Final[dict[str, Callable[[BinaryIO], int]]] = {
    "mov": promised_bytes,
    "avi": _riff_bytes,
    "matroska": _matroska_bytes,
    "asf": _asf_bytes,
    "flv": _flv_bytes,
}
