"""Walks the boxes that an mp4 or mov is made of."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

_HEADER_BYTES: Final = 8
_MOST_BOXES: Final = 1_000_000  # in one place; a fragmented recording has two for each second
_DEEPEST: Final = 16  # boxes in boxes; honest files end at 8


class UntiledError(Exception):
    """The boxes do not tile the place that they are in, so something could hide between them."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where one box is in its file."""

    kind: bytes
    at: int
    body: int  # after the header
    end: int


def boxes(file: BinaryIO, at: int, end: int) -> Iterator[Box]:
    """The boxes from `at` to `end`, in their order; raises UntiledError where they go wrong."""
    for _ in range(_MOST_BOXES):
        if at >= end:
            return
        file.seek(at)
        header = file.read(16)
        size, body = int.from_bytes(header[:4], "big"), at + _HEADER_BYTES
        if size == 1:
            size, body = int.from_bytes(header[8:16], "big"), at + 16
        after = end if size == 0 else at + size
        if not body <= after <= end:
            raise UntiledError
        yield Box(header[4:8], at, body, after)
        at = after
    raise UntiledError


def boxes_below(
    file: BinaryIO, parent: Box, opened: Collection[bytes], depth: int = 0
) -> Iterator[Box]:
    """All boxes inside `parent`, and inside those of the kinds `opened`, which come first.

    Raises UntiledError where they go wrong, or go too deep.
    """
    if depth > _DEEPEST:
        raise UntiledError
    for box in boxes(file, parent.body, parent.end):
        yield box
        if box.kind in opened:
            yield from boxes_below(file, box, opened, depth + 1)
