"""Walks the boxes that an mp4 or mov is made of."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

_HEADER_BYTES: Final = 8
# In one walk, at all depths; a fragmented recording has a dozen or two for each second.
_MOST_BOXES: Final = 1_500_000
_DEEPEST: Final = 16  # boxes in boxes; honest files end at 8


class UntiledError(Exception):
    """The boxes do not tile the place that they are in, so something could hide between them."""


class TooManyBoxesError(UntiledError):
    """More boxes than anyone needs, and than there is time for."""


@dataclass(slots=True)
class Walk:
    """One way through a file, however many places it leads to."""

    is_clamped: bool = False  # a box too long for its place ends with it, as ffmpeg reads it
    boxes_left: int = _MOST_BOXES

    def count(self) -> None:
        """Take one box off what is left; raises TooManyBoxesError where nothing is."""
        self.boxes_left -= 1
        if self.boxes_left < 0:
            raise TooManyBoxesError


@dataclass(frozen=True, slots=True)
class Box:
    """Where one box is in its file."""

    kind: bytes
    at: int
    body: int  # after the header
    end: int


def boxes(file: BinaryIO, at: int, end: int, walk: Walk | None = None) -> Iterator[Box]:
    """The boxes from `at` to `end`, in their order.

    Raises UntiledError where they go wrong, unless the walk is clamped, and TooManyBoxesError.
    """
    walk = walk or Walk()
    while at < end:
        walk.count()
        file.seek(at)
        header = file.read(16)
        size, body = int.from_bytes(header[:4], "big"), at + _HEADER_BYTES
        if size == 1:
            size, body = int.from_bytes(header[8:16], "big"), at + 16
        after = end if size == 0 else at + size
        if walk.is_clamped:
            after = min(after, end)
            if after < body:
                return
        if not body <= after <= end:
            raise UntiledError
        yield Box(header[4:8], at, body, after)
        at = after


def boxes_below(
    file: BinaryIO,
    parent: Box,
    opened: Collection[bytes],
    walk: Walk | None = None,
    depth: int = 0,
) -> Iterator[Box]:
    """All boxes inside `parent`, and inside those of the kinds `opened`, which come first.

    Raises UntiledError where they go wrong, unless the walk is clamped, or go too deep, and
    TooManyBoxesError.
    """
    walk = walk or Walk()
    if depth > _DEEPEST:
        raise UntiledError
    for box in boxes(file, parent.body, parent.end, walk):
        yield box
        if box.kind in opened:
            yield from boxes_below(file, box, opened, walk, depth + 1)
