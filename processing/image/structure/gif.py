"""Reads the blocks of a GIF without decoding any of it."""

from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

_EXTENSION, _FRAME, _END = b"!", b",", b";"
_LOOPS: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


class FrameCount(NamedTuple):
    """How many frames a GIF has."""

    whole: int
    is_cut: bool  # A further one begins, and the file ends in it.


def frame_count(source: Path, stop_after: int) -> FrameCount:
    """The frames of a GIF; counting stops after one more than `stop_after`."""
    with source.open("rb") as file:
        head = file.read(13)
        if len(head) < 13:
            return FrameCount(0, is_cut=True)
        file.seek(_color_table_bytes(head[10]), 1)
        count = 0
        while count <= stop_after:
            kind = file.read(1)
            if kind == _EXTENSION:
                file.seek(1, 1)
                if not _skip_blocks(file):
                    break
            elif kind == _FRAME:
                flags = file.read(9)[8:9]
                file.seek(_color_table_bytes(flags[0]) + 1 if flags else 0, 1)
                if not _skip_blocks(file):
                    return FrameCount(count, is_cut=True)
                count += 1
            else:
                break  # It is the end, the end of the file, or rubbish behind the last frame.
        return FrameCount(count, is_cut=False)


def cleaned(data: bytes) -> bytes | None:
    """The same frames, timing and loop without all else; None where something else is in it."""
    at = 13 + _color_table_bytes(data[10])
    kept = bytearray(data[:at])
    while data[at : at + 1] != _END:
        kind = data[at : at + 1]
        if kind == _FRAME:
            blocks = at + 11 + _color_table_bytes(data[at + 9])
        elif kind == _EXTENSION:
            blocks = at + 2
        else:
            return None
        end = _blocks_end(data, blocks)
        if kind == _FRAME or _is_kept_extension(data, at):
            kept += data[at:end]
        at = end
    return bytes(kept + _END)


def _is_kept_extension(data: bytes, at: int) -> bool:
    """A frame's timing or the loop, of the length it has to have: more could hide anything."""
    if data[at + 1] == 0xF9:
        if data[at + 2] != 4 or data[at + 7] != 0:
            raise IndexError  # Without it the frame would be shown for another time.
        return True
    is_loop = data[at + 1] == 0xFF and data[at + 3 : at + 14] in _LOOPS
    return is_loop and data[at + 14 : at + 16] == b"\x03\x01" and data[at + 18] == 0


def _color_table_bytes(flags: int) -> int:
    """The length of a colour table, from the byte before it."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks_end(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1


def _skip_blocks(file: BinaryIO) -> bool:
    """Go behind a chain of data blocks; False when the file ends in it."""
    while size := file.read(1):
        if size == b"\0":
            return True
        if len(file.read(size[0])) < size[0]:
            return False
    return False
