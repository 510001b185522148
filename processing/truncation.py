"""Tells how much of a file is missing, where its container says how long it should be."""

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

_MAX_BOXES: Final = 100_000  # a long fragmented recording has two for each second
_BOX_HEADER_BYTES: Final = 8


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


def _iso_bytes(file: BinaryIO) -> int:
    """Where the last box of an mp4 or mov ends by its own size."""
    end = 0
    for _ in range(_MAX_BOXES):
        file.seek(end)
        header = file.read(16)
        if len(header) < _BOX_HEADER_BYTES:
            break
        size = int.from_bytes(header[:4], "big")
        if size == 1:
            size = int.from_bytes(header[8:16], "big")
        if size < _BOX_HEADER_BYTES or not header[4:8].isalnum():
            break  # 0 means "to the end"; anything else is trailing rubbish
        end += size
    return end


def _riff_bytes(file: BinaryIO) -> int:
    """The size in an avi's first RIFF header, which large recordings leave at 0."""
    size = int.from_bytes(file.read(8)[4:8], "little")
    return size + 8 if size else 0


_DECLARED_BYTES: Final[dict[str, Callable[[BinaryIO], int]]] = {
    "mov": _iso_bytes,
    "avi": _riff_bytes,
}
