"""Reads what ffmpeg says on stderr while it works: what is broken, and how large frames are.

Its lines are those of `-v repeat+level+verbose`, each with its level.
"""

import re
from collections import Counter
from typing import Final, NamedTuple

LOG_LEVEL: Final = "repeat+level+verbose"

FIRST_FRAME: Final = "\nframe=1\n"  # in the progress of a command that ends at the first

_COMPLAINT: Final = re.compile(r"\[(?:error|fatal|panic)\] ")
_OF_CONTAINER: Final = re.compile(
    r"\[(?:mov,mp4[,\w]*|matroska,webm|avi|asf|flv|mpegts|mpeg|ogg|mxf|dv) @"
)
# The first two forms are those of ffmpeg up to 6, the third is that of later ones.
_OF_STREAM: Final = re.compile(r"stream #0:(\d+)|in stream (\d+)|\[[av]ist#0:(\d+)/")
_IS_BROKEN: Final = re.compile(
    r"Error while decoding stream|Error submitting packet to decoder|corrupt decoded frame"
)
_IS_MENDED: Final = re.compile(r"\] concealing \d+ DC")  # by MPEG's decoders, of a frame each
_SILENCE: Final = re.compile(r"adding (\d+) audio samples of silence")
_SILENCE_STEP: Final = 16384  # Longer silence is told in such steps, and a rest.
_SOUND_AT_DECODER: Final = re.compile(r"\[graph_\d+_in_0_\d+ @ .* chlayout:(.+)")
_IS_OF_TIMES: Final = "monoton"  # "non monotonically increasing dts", by the muxer
_SUM: Final = re.compile(
    r"Input stream #0:(\d+) \((?:video|audio)\): (\d+) packets read \(\d+ bytes\); "
    r"(\d+) frames decoded(?: \((\d+) samples\))?"
)
_SHAPE: Final = re.compile(
    r"\[(graph \d+ input from stream|Parsed_scale_\d+)[^]]*\].* w:(\d+) h:(\d+) .*?sar:(\d+)/(\d+)"
)

_AT_DECODER: Final = "decoder"


class StreamSum(NamedTuple):
    """What was read of one stream in all."""

    packets: int = 0
    frames: int = 0  # that were decoded
    samples: int = 0  # of sound


class Shape(NamedTuple):
    """The sides of a frame, and of its pixels, before it is turned."""

    width: int
    height: int
    pixel_shape: tuple[int, int]  # across and down; 0 for one of them: unknown


class FfmpegLog:
    """What one run of ffmpeg said."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.complaints = 0  # lines of errors, of whatever
        self.complaints_of_times = 0  # of them; frames are none the worse for it
        self.container_complaints = 0
        self.mended_frames = 0
        self.silence_samples = 0  # of the hole in the sound that is being filled
        self._broken: Counter[int] = Counter()
        self.layouts: set[str] = set()  # of sound as it was decoded, in ffmpeg's words
        self._sums: dict[int, StreamSum] = {}
        self._shapes: dict[str, set[Shape]] = {}

    def take(self, line: str) -> None:
        """Take one line of stderr."""
        if _COMPLAINT.search(line):
            self.complaints += 1
            self.complaints_of_times += _IS_OF_TIMES in line
            is_of_container = _OF_CONTAINER.match(line) and _IS_OF_TIMES not in line
            self.container_complaints += bool(is_of_container)
        self.mended_frames += _IS_MENDED.search(line) is not None
        if _IS_BROKEN.search(line):
            self._broken[_number(_OF_STREAM.search(line))] += 1
        elif found := _SUM.search(line):
            index, *counts = (int(text or 0) for text in found.groups())
            self._sums[index] = StreamSum(*counts)
        elif found := _SILENCE.search(line):
            samples = int(found[1])
            self.silence_samples = self.silence_samples + samples if samples == _SILENCE_STEP else 0
        elif found := _SOUND_AT_DECODER.match(line):
            self.layouts.add(found[1].strip())
        elif found := _SHAPE.match(line):
            width, height, across, down = map(int, found.groups()[1:])
            shape = Shape(width, height, (across, down))
            where = _AT_DECODER if found[1].startswith("graph") else found[1]
            self._shapes.setdefault(where, set()).add(shape)

    def broken(self, stream: int) -> int:
        """Frames of a stream, by its index, that are missing or damaged for all that is said."""
        return self._broken[stream]

    @property
    def decoded(self) -> set[int]:
        """The streams that were decoded, by their index; others were copied, or left out."""
        return set(self._sums)

    def sum_of(self, stream: int) -> StreamSum:
        """What was read of a stream, by its index, in the end."""
        return self._sums.get(stream, StreamSum())

    @property
    def shapes(self) -> set[Shape]:
        """The shapes of frames as they were decoded."""
        return self._shapes.get(_AT_DECODER, set())

    @property
    def changes_shape(self) -> bool:
        """Whether frames came in more than one shape, at the decoder or at one scaling."""
        return any(len(shapes) > 1 for shapes in self._shapes.values())


def _number(found: re.Match[str] | None) -> int:
    return int(next(filter(None, found.groups()))) if found else -1
