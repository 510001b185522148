"""Reads which part of its frames a container has shown: no ffmpeg before 7.1 looks at that."""

import re
import struct
from pathlib import Path
from typing import Final, NamedTuple

from processing.isobmff.boxes import AtDamage, UntiledError, Walk, boxes_below, whole

_SAMPLE_ENTRIES: Final = (b"avc1", b"avc3", b"hvc1", b"hev1", b"mp4v", b"apcn", b"apch", b"ap4h")
_OPENED: Final = {
    **dict.fromkeys((b"moov", b"trak", b"mdia", b"minf", b"stbl"), 0),
    b"stsd": 8,
    **dict.fromkeys(_SAMPLE_ENTRIES, 78),
}
_HEAD_BYTES: Final = 256 * 1024
_TRACKS: Final = bytes.fromhex("1654ae6b")
_CLUSTER: Final = bytes.fromhex("1f43b675")
_SEGMENT: Final = bytes.fromhex("18538067")
# The element's name in the list of places, and its place, counted from where the segment begins.
_TRACKS_SOUGHT: Final = re.compile(_TRACKS + rb"\x53\xac([\x81-\x88])(.{8})", re.DOTALL)
_SIDES: Final = {
    "left": b"\x54\xcc",
    "top": b"\x54\xbb",
    "right": b"\x54\xdd",
    "bottom": b"\x54\xaa",
}
_DISPLAY_WIDTH: Final = b"\x54\xb0"


class Crop(NamedTuple):
    """The part of a frame that is shown, and how its pixels' shape is told."""

    width: int
    height: int
    left: int
    top: int
    is_shape_of_crop: bool = False  # The display size is of the part, not of the frame.


def container_crop(source: Path, reader: str, size: tuple[int, int]) -> Crop | None:
    """What is shown of frames of `size`, of a file with one video; None: all of it."""
    found = None
    if reader == "mov":
        found = _of_clean_aperture(source, size)
    elif reader == "matroska":
        found = _of_matroska(source, size)
    if found is None or not (0 < found.width <= size[0] and 0 < found.height <= size[1]):
        return None
    is_inside = (
        0 <= found.left <= size[0] - found.width and 0 <= found.top <= size[1] - found.height
    )
    return found if is_inside and (found.width, found.height) != size else None


def _of_clean_aperture(source: Path, size: tuple[int, int]) -> Crop | None:
    with source.open("rb") as file:
        try:
            walk = Walk(AtDamage.CLAMP)
            below = boxes_below(file, whole(source.stat().st_size), _OPENED, walk)
            box = next((box for box in below if box.kind == b"clap"), None)
            if box is None:
                return None
            file.seek(box.body)
            numbers = struct.unpack(">IIIIiIiI", file.read(32))
        except (UntiledError, struct.error):
            return None
    if not all(numbers[1::2]):
        return None
    width, height, across, down = (a / b for a, b in zip(*[iter(numbers)] * 2, strict=True))
    left = (size[0] - width) / 2 + across
    top = (size[1] - height) / 2 + down
    return Crop(round(width), round(height), round(left), round(top))


def _of_matroska(source: Path, size: tuple[int, int]) -> Crop | None:
    tracks = _matroska_tracks(source)
    sides = {name: _number(tracks, element) for name, element in _SIDES.items()}
    if not any(sides.values()):
        return None
    return Crop(
        width=size[0] - sides["left"] - sides["right"],
        height=size[1] - sides["top"] - sides["bottom"],
        left=sides["left"],
        top=sides["top"],
        is_shape_of_crop=_number(tracks, _DISPLAY_WIDTH) > 0,
    )


def _matroska_tracks(source: Path) -> bytes:
    """The description of tracks, which editors move to the end, and leave its place in front."""
    with source.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        if sought := _TRACKS_SOUGHT.search(head):
            segment = head.find(_SEGMENT) + len(_SEGMENT)
            begin = segment + 9 - head[segment].bit_length() + _place(sought)
            file.seek(begin)
            head = file.read(_HEAD_BYTES)
        begin = head.find(_TRACKS)
    end = head.find(_CLUSTER, begin)
    return head[begin : end if end > 0 else None] if begin >= 0 else b""


def _place(sought: re.Match[bytes]) -> int:
    return int.from_bytes(sought[2][: sought[1][0] & 0x7F], "big")


def _number(tracks: bytes, element: bytes) -> int:
    """The value of the first element of this kind; 0 where there is none."""
    found = re.search(re.escape(element) + rb"([\x81-\x84])", tracks)
    if found is None:
        return 0
    length = found[1][0] & 0x7F
    return int.from_bytes(tracks[found.end() : found.end() + length], "big")
