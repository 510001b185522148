"""What came out of a compression."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from notes import Note
from processing.targets import TARGETS


class PassthroughReason(StrEnum):
    """Why a result is the source itself, cleaned."""

    ALREADY_COMPACT = "already_compact"  # seen before anything was encoded
    NOT_SMALLER = "not_smaller"  # encoding saved nothing


@dataclass(frozen=True, slots=True)
class Rendition:
    """One produced file."""

    path: Path  # inside the work folder
    extension: str  # of the real format, without a dot
    content_type: str
    original_size_bytes: int
    size_bytes: int  # never more than the original's
    passthrough_reason: PassthroughReason | None  # None: it was encoded
    notes: tuple[Note, ...]  # what else was changed


def rendition_of(
    path: Path,
    target: str,
    original_size_bytes: int,
    passthrough_reason: PassthroughReason | None,
    notes: tuple[Note, ...],
) -> Rendition:
    """The finished file at `path`, in the format `target`, described."""
    made = TARGETS[target]
    return Rendition(
        path=path,
        extension=made.extension,
        content_type=made.content_type,
        original_size_bytes=original_size_bytes,
        size_bytes=path.stat().st_size,
        passthrough_reason=passthrough_reason,
        notes=notes,
    )
