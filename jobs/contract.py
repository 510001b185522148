"""The two HTTP contracts of learning platforms, by which a file comes and its result leaves."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

# Of a form, all that is not the file: fields, heads, boundaries, and what comes after the last.
MOST_BESIDE_FILE_BYTES = 256 * 1024


class Contract(StrEnum):
    """Whose words are spoken; the value is what the row says."""

    NONE = ""  # the file came by storage, or by a link
    LMS = "lms"  # POST /compress/; the result goes to the platform's own storage
    VIDEO = "video"  # POST /video/receive; the result is pushed, then confirmed


@dataclass(frozen=True, slots=True)
class Terms:
    """What one contract takes."""

    contract: Contract
    folder: str  # of its uploads
    id_field: str  # of the form, and of the answer to it
    kinds: frozenset[Literal["image", "video"]]
    profile: str = "lms720"  # where the form names none


LMS = Terms(Contract.LMS, "compress", "media_id", frozenset({"image", "video"}))
VIDEO = Terms(Contract.VIDEO, "video", "video_id", frozenset({"video"}))


@dataclass(frozen=True, slots=True)
class IngestRecord:
    """What an upload is to its sender: written before the upload is, and never changed."""

    contract: Contract
    external_id: str  # media_id or video_id
    organization_id: str | None
    blob_name: str
    received_at: datetime
    tenant: str = ""  # whose key it was sent with
