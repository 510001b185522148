"""Says what a file is, by its first bytes alone."""

from pathlib import Path

from compression_config import LIMITS
from errors import EmptyFileError, LimitSizeError, UnsupportedMediaError
from processing.formats import HEAD_BYTES, Format, sniff


def identify(source: Path) -> Format:
    """What `source` is; its name is never looked at.

    Raises EmptyFileError, LimitSizeError or UnsupportedMediaError.
    """
    size_bytes = source.stat().st_size
    if size_bytes == 0:
        raise EmptyFileError
    if size_bytes > LIMITS.max_file_bytes:
        raise LimitSizeError
    with source.open("rb") as file:
        found = sniff(file.read(HEAD_BYTES))
    if found is None:
        raise UnsupportedMediaError
    if found.kind == "image" and size_bytes > LIMITS.max_image_bytes:
        raise LimitSizeError
    return found
