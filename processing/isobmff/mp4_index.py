"""Reads what the index of an mp4 or mov says about its tracks, without ffprobe's start-up."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from processing.isobmff.boxes import AtDamage, Box, UntiledError, Walk, boxes, boxes_below, whole

_UPRIGHT: Final = (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_MOST_DELAY_S: Final = 0.25
_PLAIN_EDITS: Final = 2  # nothing for a while, then all of it
_MOST_EDITS: Final = 64  # that are read; a track of more is no simple case anyway
_MOST_TIMES: Final = 100_000  # lines of the table of times; of steady tracks it has one or two
_OPENED: Final = dict.fromkeys((b"mdia", b"minf", b"stbl", b"edts"), 0)


class Edit(NamedTuple):
    """One line of an edit list."""

    seconds: float  # how long it lasts
    from_s: float | None  # where in the track it begins; None: nothing is shown


@dataclass(frozen=True, slots=True)
class IndexedTrack:
    """One track as the index describes it."""

    kind: str  # vide, soun, or what else a handler may be
    codec: str  # the four letters of its first sample entry: avc1, av01, mp4a, encv
    width: float  # as shown, before turning; 0 for sound
    height: float
    is_upright: bool
    duration_s: float  # of its samples, without edits
    samples: int  # in the index itself: 0 where they are in fragments
    edits: tuple[Edit, ...]
    longest_sample_s: float  # but for the last one, which may be held for as long as one likes
    last_sample_s: float

    @property
    def is_cut_by_edits(self) -> bool:
        """Whether edits hide or repeat samples; a late start or an encoder's delay is no cut."""
        shown = [edit for edit in self.edits if edit.from_s is not None]
        return len(self.edits) > _PLAIN_EDITS or len(shown) > 1 or any(map(self._is_cut, shown))

    def _is_cut(self, edit: Edit) -> bool:
        ends_early = 0 < edit.seconds < self.duration_s - _MOST_DELAY_S
        return ends_early or (edit.from_s or 0.0) > _MOST_DELAY_S


def read_index(path: Path) -> tuple[IndexedTrack, ...]:
    """The tracks in the index of an mp4 or mov, in its order; none where the index is damaged.

    Reads a few hundred bytes for each track, however long it is. What the index leaves out is 0.
    """
    walk = Walk(AtDamage.CLAMP)
    with path.open("rb") as file:
        try:
            found = _inside(file, whole(path.stat().st_size), b"moov", walk)
            if found is None:
                return ()
            times = _timescale(file, _inside(file, found, b"mvhd", walk))
            return tuple(
                _track(file, _parts(file, box, walk), times)
                for box in boxes(file, found.body, found.end, walk)
                if box.kind == b"trak"
            )
        except UntiledError:
            return ()


def _track(file: BinaryIO, parts: dict[bytes, Box], movie_timescale: int) -> IndexedTrack:
    timescale, duration = _duration(file, parts.get(b"mdhd"))
    width, height, matrix = _size_and_matrix(file, parts.get(b"tkhd"))
    return IndexedTrack(
        kind=_read(file, parts.get(b"hdlr"), 12)[8:12].decode("latin-1"),
        codec=_read(file, parts.get(b"stsd"), 16)[12:16].decode("latin-1"),
        width=width,
        height=height,
        is_upright=matrix == _UPRIGHT,
        duration_s=duration / timescale,
        samples=_samples(file, parts),
        **_sample_times(file, parts.get(b"stts"), timescale),
        edits=_edits(file, parts.get(b"elst"), movie_timescale, timescale),
    )


def _parts(file: BinaryIO, parent: Box, walk: Walk) -> dict[bytes, Box]:
    """The boxes at any depth below `parent` that are described here, by kind."""
    found: dict[bytes, Box] = {}
    for box in boxes_below(file, parent, _OPENED, walk):
        found.setdefault(box.kind, box)  # QuickTime has a second hdlr, deeper down.
    return found


def _inside(file: BinaryIO, parent: Box, kind: bytes, walk: Walk) -> Box | None:
    inside = boxes(file, parent.body, parent.end, walk)
    return next((box for box in inside if box.kind == kind), None)


def _read(file: BinaryIO, box: Box | None, length: int) -> bytes:
    """The first `length` bytes of what is in a box; zeros where there are no more."""
    if box is None:
        return bytes(length)
    file.seek(box.body)
    return file.read(min(length, box.end - box.body)).ljust(length, b"\0")


def _timescale(file: BinaryIO, box: Box | None) -> int:
    return _duration(file, box)[0]


def _duration(file: BinaryIO, box: Box | None) -> tuple[int, int]:
    """Ticks in a second, at least one, and the length in ticks, of a mvhd or mdhd."""
    data = _read(file, box, 32)
    if data[:1] == b"\x01":
        timescale, duration = struct.unpack_from(">IQ", data, 20)
    else:
        timescale, duration = struct.unpack_from(">II", data, 12)
    return max(1, timescale), duration


def _size_and_matrix(file: BinaryIO, box: Box | None) -> tuple[float, float, tuple[int, ...]]:
    data = _read(file, box, 96)
    numbers = struct.unpack_from(">9iII", data, 52 if data[:1] == b"\x01" else 40)
    return numbers[9] / 65536, numbers[10] / 65536, numbers[:9]


def _samples(file: BinaryIO, parts: dict[bytes, Box]) -> int:
    data = _read(file, parts.get(b"stsz") or parts.get(b"stz2"), 12)
    return int.from_bytes(data[8:12], "big")


def _sample_times(file: BinaryIO, box: Box | None, timescale: int) -> dict[str, float]:
    """How long samples last, by the first lines of their table and its last."""
    data = _read(file, box, 8)
    lines = int.from_bytes(data[4:8], "big")
    if box is None or not 0 < lines <= (box.end - box.body - 8) // 8:
        return {"longest_sample_s": 0.0, "last_sample_s": 0.0}
    read = _read(file, box, 8 + 8 * min(lines, _MOST_TIMES))
    deltas = [step for _, step in struct.iter_unpack(">II", read[8:])]
    file.seek(box.body + 8 * lines)
    count, last = struct.unpack(">II", file.read(8))
    inner = deltas if count > 1 or lines > _MOST_TIMES else deltas[:-1]
    longest = max(inner, default=0)
    return {"longest_sample_s": longest / timescale, "last_sample_s": last / timescale}


def _edits(
    file: BinaryIO, box: Box | None, movie_timescale: int, timescale: int
) -> tuple[Edit, ...]:
    data = _read(file, box, 8 + 20 * _MOST_EDITS)
    line = ">Qq4x" if data[:1] == b"\x01" else ">Ii4x"
    step = struct.calcsize(line)
    count = min(int.from_bytes(data[4:8], "big"), (len(data) - 8) // step)
    return tuple(
        Edit(length / movie_timescale, None if start < 0 else start / timescale)
        for length, start in (struct.unpack_from(line, data, 8 + step * i) for i in range(count))
    )
