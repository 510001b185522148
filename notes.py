"""What may be said of a result beside its size: a code for programs, a sentence for people."""

from collections.abc import Iterable
from enum import Enum, unique
from typing import NamedTuple
from urllib.parse import quote, unquote


@unique
class NoteCode(Enum):
    """A code, by its name, with its sentence; `{}` stands for a value of the one file."""

    LIGHTER_VERSION = (
        "A faster, smaller version was made, because an earlier attempt was too much for this"
        " machine."
    )
    END_MISSING = "The end of the file is missing; what was there of it was kept."
    PARTS_DAMAGED = "The file is damaged, and a part of the picture may show it."
    QUALITY_LOWERED = "Quality was lowered to save space."

    FIRST_PAGE_KEPT = "Only the first of several pages was kept."
    MAIN_IMAGE_KEPT = "Only the main one of several images was kept."
    COLORS_REDUCED = "Its colours were reduced to {} to save space."
    IMAGE_SHRUNK = "It was shrunk to save space."
    SIZE_KEPT = "It keeps its size, because nothing readable of a smaller size saves space."
    CREDIT_LEFT_OUT = "The names of author and owner found no place in the result."

    PROJECTION_LEFT_OUT = "It shows all around, and no longer says so: viewers will show it flat."

    HDR_MAPPED = "High dynamic range was mapped to standard range."
    TRANSPARENCY_OVER_WHITE = "Transparency was laid over white."
    DEINTERLACED = "The video was deinterlaced."
    FRAMES_LEFT_OUT = "A few frames were damaged and are left out."
    FRAMES_DAMAGED = "A little of the video is damaged in the source, and may show."
    SOUND_DAMAGED = "A little of the sound is damaged in the source, and may be heard."
    VIDEO_KEPT = "The video stream was compact already and is kept as it was."
    MAY_NOT_PLAY = "It is in a format that not every browser plays, for want of a smaller one."
    SOUND_MIXED_DOWN = "The sound was mixed down to stereo."
    SOUND_LEFT_OUT = "The sound could not be decoded."
    QUALITY_MEASURED = (
        "The quality was set by measuring short samples: CRF {} for an estimated VMAF of {}."
    )
    QUALITY_NOT_MEASURED = "The quality could not be measured in time; the usual one was taken."


class Note(NamedTuple):
    """One thing that is said of one result."""

    code: NoteCode
    values: tuple[str, ...] = ()  # as many as the sentence has places for

    @property
    def sentence(self) -> str:
        """The finished sentence."""
        return self.code.value.format(*self.values)

    def to_json(self) -> dict[str, str]:
        """For programs and for people."""
        return {"code": self.code.name, "text": self.sentence}


def encode_notes(notes: Iterable[Note]) -> str:
    """Short ASCII text, for a column and a blob's metadata: `CODE,CODE:value:value`."""
    return ",".join(
        ":".join((each.code.name, *(quote(value, safe="") for value in each.values)))
        for each in notes
    )


def decode_notes(text: str | None) -> tuple[Note, ...]:
    """Reads what encode_notes() wrote; what this version cannot say is left out."""
    read = []
    for part in (text or "").split(","):
        name, *values = part.split(":")
        code = NoteCode.__members__.get(name)
        if code is not None and len(values) == code.value.count("{}"):
            read.append(Note(code, tuple(map(unquote, values))))
    return tuple(read)
