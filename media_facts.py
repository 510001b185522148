"""What a person may want to know of a photo or a video: size, length, and what it is made of."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

# Far more than any file is measured at; what claims more is not believed.
MOST_PX, MOST_SECONDS, MOST_FRAME_RATE = 1_000_000, 10_000_000.0, 100_000.0
LONGEST_CODEC = 40


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """Measured, or as the headers say; what nothing tells is None.

    Raises ValueError when it is made of what no file can be.
    """

    width: int  # pixels, as it is shown: upright
    height: int
    codec: str  # of the frames: h264, hevc, ...; of an image its format: jpeg, webp, ...
    duration_s: float | None = None  # of what plays
    frame_rate: float | None = None  # frames a second, on average
    sound: str | None = None  # the codec of its sound; None: it has none, or is an image

    def __post_init__(self) -> None:
        """Refuse what was read from somewhere and cannot be."""
        is_sized = all(0 < side <= MOST_PX for side in (self.width, self.height))
        is_timed = _is_within(self.duration_s, MOST_SECONDS)
        is_named = all(_is_word(each) for each in (self.codec, self.sound or "none"))
        if not (
            is_sized and is_timed and is_named and _is_within(self.frame_rate, MOST_FRAME_RATE)
        ):
            raise ValueError("no file has such facts")

    def encode(self) -> str:
        """JSON text, in which what is None is left out."""
        return json.dumps(self.to_json(), separators=(",", ":"))

    def to_json(self) -> dict[str, Any]:
        """All that is known."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def decode(cls, text: str | None) -> Self | None:
        """Reads what encode() wrote; None for anything else."""
        try:
            return cls(**json.loads(text or "null"))
        except (TypeError, ValueError):
            return None


def _is_within(value: float | None, most: float) -> bool:
    return value is None or 0 <= value <= most


def _is_word(text: str) -> bool:
    return 0 < len(text) <= LONGEST_CODEC and text.isascii() and text.isprintable()
