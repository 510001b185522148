"""Reads and writes the boxes that MP4, MOV, HEIF and AVIF are made of (ISO/IEC 14496-12)."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO, Final, NamedTuple

FULL_BOX_BYTES: Final = 4  # version and flags, which many boxes begin with
_HEADER_BYTES: Final = 8
# In one walk, at all depths; a fragmented recording has a dozen or two for each second.
_MOST_BOXES: Final = 1_500_000
_MOST_IMAGE_BOXES: Final = 10_000  # side by side
_MOST_PROMISED_BOXES: Final = 100_000  # A long fragmented recording has two for each second.
_DEEPEST: Final = 16  # boxes in boxes; honest files end at 8


class UntiledError(ValueError):
    """The boxes do not tile the place that they are in, so something could hide between them."""


class TooManyBoxesError(UntiledError):
    """There are more boxes than anyone needs, and than there is time for."""


class AtDamage(Enum):
    """What a walk does at a box that does not fit its place."""

    RAISE = "raise"  # UntiledError
    CLAMP = "clamp"  # The box ends with its place, as ffmpeg reads it.
    STOP = "stop"  # The walk of that place ends before it, as decoders of images do.


@dataclass(slots=True)
class Walk:
    """One way through a file, however many places it leads to."""

    at_damage: AtDamage = AtDamage.RAISE
    boxes_left: int = _MOST_BOXES

    def count(self) -> None:
        """Take one box off what is left; raises TooManyBoxesError where nothing is."""
        self.boxes_left -= 1
        if self.boxes_left < 0:
            raise TooManyBoxesError


class Box(NamedTuple):
    """Where one box is in its file."""

    kind: bytes
    at: int
    body: int  # after the header
    end: int


def boxes(source: BinaryIO | bytes, at: int, end: int, walk: Walk | None = None) -> Iterator[Box]:
    """The boxes from `at` to `end`, in their order.

    Raises UntiledError where they go wrong, unless the walk says otherwise, and TooManyBoxesError.
    """
    walk = walk or Walk()
    while at < end:
        walk.count()
        kind, size, header_bytes = _header(source, at)
        body, after = at + header_bytes, end if size == 0 else at + size
        if walk.at_damage is AtDamage.CLAMP:
            after = min(after, end)
        if not body <= after <= end:
            if walk.at_damage is AtDamage.RAISE:
                raise UntiledError
            return
        yield Box(kind, at, body, after)
        at = after


def boxes_below(
    source: BinaryIO | bytes,
    parent: Box,
    opened: Mapping[bytes, int],
    walk: Walk | None = None,
    depth: int = 0,
) -> Iterator[Box]:
    """All boxes inside `parent`, and after each of the kinds `opened` those inside of it.

    `opened` says how many bytes stand before the first box inside. Raises UntiledError where they
    go too deep, and what boxes() raises.
    """
    walk = walk or Walk()
    if depth > _DEEPEST:
        raise UntiledError
    for box in boxes(source, parent.body + opened.get(parent.kind, 0), parent.end, walk):
        yield box
        if box.kind in opened:
            yield from boxes_below(source, box, opened, walk, depth + 1)


def image_boxes(data: bytes, at: int, end: int) -> Iterator[Box]:
    """As boxes(), ending before what goes wrong, and after more boxes than an image has."""
    walk = Walk(AtDamage.STOP, _MOST_IMAGE_BOXES)
    for box in boxes(data, at, end, walk):
        yield box
        if not walk.boxes_left:
            return


def whole(length: int) -> Box:
    """A file of this length, as if it were a box."""
    return Box(b"", 0, 0, length)


def box(kind: bytes, content: bytes) -> bytes:
    """A box as it stands in a file."""
    return (_HEADER_BYTES + len(content)).to_bytes(4, "big") + kind + content


def promised_bytes(file: BinaryIO) -> int:
    """Where the last box ends by its own size, though the file may end before.

    A size of 0 means "to the end", and anything else that is no box is trailing rubbish.
    """
    end, present = 0, os.fstat(file.fileno()).st_size
    for _ in range(_MOST_PROMISED_BOXES):
        if end + _HEADER_BYTES > present:
            break
        kind, size, _ = _header(file, end)
        if size < _HEADER_BYTES or not kind.isalnum():
            break
        end += size
    return end


def brands(head: bytes) -> list[bytes]:
    """What a file with an ftyp box says that it is, its major brand first."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return [head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))]


def _header(source: BinaryIO | bytes, at: int) -> tuple[bytes, int, int]:
    """Kind and size of the box at `at`, and the length of its header."""
    if isinstance(source, bytes):
        header = source[at : at + 16]
    else:
        source.seek(at)
        header = source.read(16)
    size = int.from_bytes(header[:4], "big")
    if size == 1:
        return header[4:8], int.from_bytes(header[8:16], "big"), 16
    return header[4:8], size, _HEADER_BYTES
