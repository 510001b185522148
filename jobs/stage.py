"""The stages of an attempt, and which part of its progress each of them is."""

from enum import StrEnum
from typing import NamedTuple


class Stage(StrEnum):
    """What an attempt is doing, in the words that clients poll."""

    DOWNLOADING = "downloading"
    PROBING = "probing"
    ENCODING = "encoding"
    VERIFYING = "verifying"
    STORING = "storing"  # uploading the result, reading it back, completing the row


class Share(NamedTuple):
    """A part of an attempt, in percent of the whole."""

    begin: float
    end: float

    def percent(self, done: float) -> float:
        """Percent of the attempt once `done`, from 0 to 1, of this part is done."""
        return round(self.begin + (self.end - self.begin) * min(max(done, 0.0), 1.0), 1)


DOWNLOAD = Share(0, 5)
COMPRESSION = Share(5, 90)
UPLOAD_OF_RESULT = Share(90, 95)
READING_BACK = Share(95, 100)
