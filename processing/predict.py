"""What a prediction says, and how far it may be off."""

from dataclasses import dataclass
from typing import Final

# What a file shows decides as much as what its headers say, and headers are all that was read.
UNCERTAINTY: Final = 2.0


@dataclass(frozen=True, slots=True)
class Prediction:
    """Half to double of this is to be expected."""

    size_bytes: int
    time_s: float  # on this machine when it does nothing else
