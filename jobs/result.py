"""What is stored for a completed job."""

from dataclasses import dataclass

from media_facts import MediaFacts
from notes import Note


@dataclass(frozen=True, slots=True)
class Result:
    """The verified blob in `processed`, and what became of the upload."""

    name: str
    url: str  # without a signature: links are minted when they are read
    etag: str
    original_size: int  # bytes
    compressed_size: int  # bytes; never more
    processing_time: float  # seconds from the claim to the completed row
    format: str
    passthrough: str | None = None  # why it is the source itself, cleaned; None: it was encoded
    notes: tuple[Note, ...] = ()  # what else was changed
    before: MediaFacts | None = None  # of the upload; None: stored by a version that told nothing
    after: MediaFacts | None = None  # of the result

    @property
    def compression_ratio(self) -> float:
        """Compressed size over original size."""
        return round(self.compressed_size / self.original_size, 4)
