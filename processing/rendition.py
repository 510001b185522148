"""What came out of a compression."""

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from media_facts import MediaFacts
from notes import Note
from processing.targets import TARGETS


class PassthroughReason(StrEnum):
    """Why a result is the source itself, cleaned."""

    ALREADY_COMPACT = "already_compact"  # seen before anything was encoded
    NOT_SMALLER = "not_smaller"  # encoding saved nothing
    ENCODING_FAILED = "encoding_failed"  # for a reason that is not the file's


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
    before: MediaFacts | None = None  # of the source; None: nothing that could be
    after: MediaFacts | None = None  # of the file

    def telling(self, before: MediaFacts | None, after: MediaFacts | None) -> "Rendition":
        """The same with what is known of the media."""
        return replace(self, before=before, after=after)


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
