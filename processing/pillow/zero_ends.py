"""Tells a WebP or AVIF whose end was never written from a whole one."""

from pathlib import Path
from typing import Final

from PIL import Image

from processing.image.cleaning import riff_chunks
from processing.image.heif_boxes import boxes
from processing.pillow.cut_jpeg import PATH

_ENOUGH: Final = 128  # zeros
_SHARE: Final = 0.02  # of what is coded
_BLOCK_ROWS: Final = 16
_PLAIN: Final = 2  # of 255


def ends_in_zeros(picture: Image.Image) -> bool:
    """Whether the last rows of a decoded still were made of zeros, which a broken copy leaves.

    Decoders take zeros for "as in the block above", without complaint. AV1 never ends in any; VP8
    does where the last rows are plain.
    """
    data = Path(picture.info[PATH]).read_bytes()
    if picture.format == "AVIF":
        return _has_tail(
            [data[body:end] for kind, body, end in boxes(data, 0, len(data)) if kind == b"mdat"][
                -1:
            ]
        )
    chunks = [chunk for kind, chunk in riff_chunks(data, 12, len(data)) if kind == b"VP8 "]
    return _has_tail(chunks) and not _is_plain_at_its_end(picture)


def _has_tail(coded: list[bytes]) -> bool:
    return any(
        len(each) - len(each.rstrip(b"\0")) >= max(_ENOUGH, len(each) * _SHARE) for each in coded
    )


def _is_plain_at_its_end(picture: Image.Image) -> bool:
    top = max(0, picture.height - _BLOCK_ROWS)
    last = picture.convert("RGB").crop((0, top, picture.width, picture.height))
    return all(
        isinstance(band, tuple) and band[1] - band[0] <= _PLAIN for band in last.getextrema()
    )
