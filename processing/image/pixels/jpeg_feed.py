"""Feeds a JPEG to its decoder in pieces, and sees whether its data end where the image does."""

import hashlib
import re
import struct
from typing import Final

from PIL import Image, ImageFile

from processing.image.structure.jpeg import FRAMES, START_OF_SCAN, Segment, segments

_MOST_BYTES: Final = 64 * 1024 * 1024
_FEWEST_BYTES: Final = 2048  # Below it no piece may be empty, which would mean the end.
_MUCH: Final = 0.05  # of the coded data
# So many bytes more or fewer than the image takes are a writer's padding.
_BORNE_BYTES: Final = 64
_UNLIKELY: Final = 0x01  # what a row is filled with, to see when it is decoded
_FILLER: Final = hashlib.shake_128().digest(_BORNE_BYTES).replace(b"\xff", b"\x7f")
_ALL_BUT_FILLER: Final = 3  # pieces; decoders look a few bytes ahead
_FED_IN_PIECES: Final = frozenset({0xC0, 0xC1})  # by rows, and of Huffman's coding
_RESTART_INTERVAL: Final = 0xDD
_TURN: Final = bytes(range(0xD0, 0xD8))
_ZEROS: Final = re.compile(rb"\0{256,}")
_RESTART: Final = re.compile(rb"\xff([\xd0-\xd7])")


class JpegFeed:
    """Stands in for how one image reads its file; judges when that is decoded.

    Decoders take wrong data for right ones, but then the image is done before the data are, or the
    data before it.
    """

    def __init__(self, image: ImageFile.ImageFile, data: bytes, scan: Segment) -> None:
        """Read `image` from `data`, of which `scan` is the only scan."""
        self.data = data
        self._image = image
        coded = _coded_end(data, scan)
        middle = max(scan.body, coded - int((coded - scan.body) * _MUCH))
        late = max(middle, coded - _BORNE_BYTES)
        self._pieces = [
            *(data[:middle], data[middle:late], data[late : scan.end], _FILLER, data[scan.end :])
        ]
        self._read = 0
        self._done_after: int | None = None  # so many pieces, where more were asked for

    @property
    def is_damaged(self) -> bool:
        """Whether data are left over or missing, when the image is decoded."""
        return self._needed not in {_ALL_BUT_FILLER, _ALL_BUT_FILLER + 1}

    @property
    def is_much_damaged(self) -> bool:
        """Whether a twentieth of the data, or more, was left over."""
        return self._needed <= 1

    @property
    def _needed(self) -> int:
        """How many pieces it took."""
        return self._read if self._done_after is None else self._done_after

    def read(self, _size: int) -> bytes:
        """The next piece; empty behind the last."""
        if self._read == 0:
            self._image.im.paste(self._unlikely, self._last_row)
        elif self._done_after is None and self._is_done():
            self._done_after = self._read
        self._read += 1
        return self._pieces[self._read - 1] if self._read <= len(self._pieces) else b""

    @property
    def _last_row(self) -> tuple[int, int, int, int]:
        width, height = self._image.size
        return 0, height - 1, width, height

    @property
    def _unlikely(self) -> int | tuple[int, ...]:
        bands = self._image.im.bands
        return _UNLIKELY if bands == 1 else (_UNLIKELY,) * bands

    def _is_done(self) -> bool:
        row = Image.Image()._new(self._image.im.crop(self._last_row))  # noqa: SLF001
        return any(each != (_UNLIKELY, _UNLIKELY) for each in _extrema(row))


def feed_for(image: Image.Image, data: bytes) -> JpegFeed | None:
    """A feed, which `image` is told to read from; None where it would prove nothing."""
    if not isinstance(image, ImageFile.ImageFile) or len(data) > _MOST_BYTES:
        return None
    try:
        found = list(segments(data))
        scans = [each for each in found if each.marker == START_OF_SCAN]
        frame = next(each.marker for each in found if each.marker in FRAMES)
        if len(scans) != 1 or not scans[0].is_whole or frame not in _FED_IN_PIECES:
            return None
        if _coded_end(data, scans[0]) - scans[0].body < _FEWEST_BYTES:
            return None
    except (IndexError, StopIteration):
        return None
    feed = JpegFeed(image, data, scans[0])
    image.load_read = feed.read  # type: ignore[attr-defined]
    return feed


def _coded_end(data: bytes, scan: Segment) -> int:
    """Where a scan's data end, without what they may be padded with."""
    return len(data[: scan.end].rstrip(b"\0\xff"))


def share_lost(data: bytes) -> float:
    """Of the parts that a JPEG counts, if it does, how many are lost; 0.0: none, or not counted."""
    try:
        found = list(segments(data))
        scan = next(each for each in found if each.marker == START_OF_SCAN)
        expected = _restarts(data, found)
    except (IndexError, StopIteration, ZeroDivisionError):
        return 0.0
    numbers = b"".join(_RESTART.findall(data, scan.body, scan.end))
    turn = (_TURN * (len(numbers) // len(_TURN) + 1))[: len(numbers)]
    lost = max(int(numbers != turn), expected - len(numbers)) if expected else 0
    return lost / max(1, expected)


def has_large_hole(data: bytes) -> bool:
    """Whether a twentieth of the data is zeros side by side, which may be right in plain images."""
    return sum(map(len, _ZEROS.findall(data))) >= len(data) * _MUCH


def _restarts(data: bytes, found: list[Segment]) -> int:
    """How many restart markers an image of one scan has to have."""
    interval = 0
    for each in found:
        if each.marker == _RESTART_INTERVAL:
            interval = int.from_bytes(data[each.body : each.body + 2], "big")
    if not interval or sum(each.marker == START_OF_SCAN for each in found) != 1:
        return 0
    frame = next(each for each in found if each.marker in FRAMES)
    height, width = struct.unpack_from(">HH", data, frame.body + 1)
    channels = data[frame.body + 5]
    samplings = (
        data[frame.body + 7 : frame.body + 6 + 3 * channels : 3] if channels > 1 else b"\x11"
    )
    across, down = max(each >> 4 for each in samplings), max(each & 15 for each in samplings)
    units: int = -(-width // (8 * across)) * -(-height // (8 * down))
    return -(-units // interval) - 1


def _extrema(image: Image.Image) -> list[object]:
    """The least and the largest value of each band."""
    found = image.getextrema()
    return list(found) if isinstance(found[0], tuple) else [found]
