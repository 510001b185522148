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
    """Whether the last rows of a decoded still are made of zeros, which a broken copy leaves.

    Decoders take zeros for "as in the block above", without complaint. AV1 never ends in any; VP8
    does where the last rows are plain.
    """
    if getattr(picture, "n_frames", 1) > 1:
        return False
    data = Path(picture.info[PATH]).read_bytes()
    if picture.format == "AVIF":
        return _has_tail(_last_mdat(data))
    return _has_tail(_vp8(data)) and not _is_plain_at_its_end(picture)


def _last_mdat(avif: bytes) -> bytes:
    places = [(body, end) for kind, body, end in boxes(avif, 0, len(avif)) if kind == b"mdat"]
    return avif[slice(*places[-1])] if places else b""


def _vp8(webp: bytes) -> bytes:
    chunks = riff_chunks(webp, 12, 8 + int.from_bytes(webp[4:8], "little"))
    try:
        return next((chunk for kind, chunk in chunks if kind == b"VP8 "), b"")
    except IndexError:
        return b""  # what follows the picture is no chunk


def _has_tail(coded: bytes) -> bool:
    zeros = len(coded) - len(coded.rstrip(b"\0"))
    return zeros >= max(_ENOUGH, len(coded) * _SHARE)


def _is_plain_at_its_end(picture: Image.Image) -> bool:
    top = max(0, picture.height - _BLOCK_ROWS)
    last = picture.convert("RGB").crop((0, top, picture.width, picture.height))
    return all(
        isinstance(band, tuple) and band[1] - band[0] <= _PLAIN for band in last.getextrema()
    )
