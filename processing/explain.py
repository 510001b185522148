"""One decision of a plan, in words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """What was decided about one thing, and why."""

    about: str  # one word: format, size, quality, sound, ...
    sentence: str
