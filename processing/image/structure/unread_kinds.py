"""Tells sound files of kinds that our decoders do not know from damaged ones."""

from pathlib import Path
from typing import Final

from processing.image.structure import tiff

# Four letters that stand in a HEIF where its image is coded as HEVC; AVIF needs none of these.
_HEVC: Final = (b"hvc1", b"hev1", b"lhv1", b"hvcC")


MESSAGE: Final = "The picture is coded in a way that this service does not read."


def is_of_unread_kind(source: Path, format_name: str) -> bool:
    """Whether a file that could not be opened looks whole, but coded in some rarer way."""
    data = source.read_bytes()
    if format_name == "heic":
        return b"meta" in data[:4096] and not any(name in data for name in _HEVC)
    if format_name != "tiff":
        return False
    return any(tiff.IMAGE_WIDTH in each.tags for each in tiff.directories(source))
