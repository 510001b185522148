"""What only an encoding finds out about a source: it ends so, and the source is planned again."""

from typing import Final

LONGEST_SILENCE_S: Final = 300.0  # that is put into a hole: the filter holds all of it in memory


class LearnedError(Exception):
    """The facts of a source are others than its headers tell; nothing is wrong."""


class ShapeChangedError(LearnedError):
    """Frames of another shape came in mid-stream."""


class LongSilenceError(LearnedError):
    """There is a hole in the sound that is too long to be filled."""


class MoreChannelsError(LearnedError):
    """The sound has more channels for a while than its header tells."""


class SoundUnopenedError(LearnedError):
    """The sound cannot be opened, though its header looked well."""
