"""The right to upload one file under one name: what it was given for, and what it may become."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from errors import CorruptMediaError, LimitSizeError, PermanentError, UploadCancelledError
from order import Order

# Storage forgets blocks that were not committed after seven days.
RENEWABLE_FOR = timedelta(days=7)
# In one request; a larger file has to be able to go on where it was broken off.
LARGEST_SINGLE_BYTES = 256 * 1024 * 1024
BLOCK_BYTES = 4 * 1024 * 1024
# What browsers call photos and videos that they do not know.
TYPES_OF_ANYTHING = frozenset(
    {"application/octet-stream", "application/mp4", "application/x-matroska"}
)


class Mode(StrEnum):
    """How the file is uploaded."""

    SINGLE = "single"  # in one request, once; the link can do nothing else
    BLOCKS = "blocks"  # in blocks, which the service puts together


class LinkState(StrEnum):
    """How far the upload is."""

    WAITING = "waiting"  # nothing came
    UPLOADING = "uploading"  # some of its blocks are there
    RECEIVED = "received"  # it is there, and has its job


@dataclass(frozen=True, slots=True)
class UploadLink:
    """One row; what it says of the upload counts, whatever the upload itself says."""

    blob_name: str
    mode: Mode
    size_bytes: int  # as announced; another size is refused
    order: Order
    created_at: datetime
    is_cancelled: bool = False

    def is_renewable(self, now: datetime) -> bool:
        """Whether its address may be given once more."""
        return not self.is_cancelled and now < self.created_at + RENEWABLE_FOR

    def refusal_of(self, size_bytes: int) -> PermanentError | None:
        """Why a file of that size is not taken, or None."""
        if self.is_cancelled:
            return UploadCancelledError()
        announced = f"The file has {size_bytes} bytes, but {self.size_bytes} were announced."
        if size_bytes > self.size_bytes:
            return LimitSizeError(announced)
        return CorruptMediaError(announced) if size_bytes < self.size_bytes else None


@dataclass(frozen=True, slots=True)
class Block:
    """A block that storage holds, and that belongs to no file yet."""

    id: str  # base64, as it was uploaded
    size_bytes: int


def may_be_media(content_type: str) -> bool:
    """Whether a file of that type is worth uploading; its content is looked at later anyway."""
    kind = content_type.partition(";")[0].strip().lower()
    return not kind or kind.startswith(("image/", "video/")) or kind in TYPES_OF_ANYTHING


def mode_for(size_bytes: int) -> Mode:
    """How a file of that size is best uploaded."""
    return Mode.SINGLE if size_bytes <= LARGEST_SINGLE_BYTES else Mode.BLOCKS
