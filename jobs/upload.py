"""One version of a blob in `uploads`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

NO_METADATA: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Upload:
    """What identifies it, and what its sender wrote beside it."""

    blob_name: str
    size_bytes: int
    etag: str  # tells a new upload from a repeated trigger
    seen_at: datetime  # when it was written, or, where only the row is known, when it was noticed
    metadata: Mapping[str, str] = field(default=NO_METADATA, compare=False)

    @property
    def version(self) -> tuple[str, str]:
        """What tells it from every other upload."""
        return self.blob_name, self.etag
