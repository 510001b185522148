"""What can be said of a result before it is made."""

from typing import Final, NamedTuple

# A prediction reads headers only, and what a file shows decides as much as what they say.
UNCERTAINTY: Final = 2.0


class Reason(NamedTuple):
    """What was decided about one thing, and why."""

    about: str  # one word: format, size, quality, sound, ...
    sentence: str


class Prediction(NamedTuple):
    """Half to double of this is to be expected."""

    size_bytes: int
    time_s: float  # on this machine when it does nothing else
