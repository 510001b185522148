"""Tells a WebP or AVIF whose end was never written from a whole one."""

from typing import Final

from PIL import Image

from processing.image.pixels.opened import Opened
from processing.image.structure.webp import lossy_pixels
from processing.isobmff.boxes import image_boxes

_ENOUGH: Final = 128  # zeros
_SHARE: Final = 0.02  # of what is coded
_BLOCK_ROWS: Final = 16
_PLAIN: Final = 2  # of 255


def has_missing_tail(opened: Opened) -> bool:
    """Whether the last rows of a decoded still are made of zeros, which a broken copy leaves.

    Decoders take zeros for "as in the block above", without complaint. AV1 never ends in any; VP8
    does where the last rows are plain.
    """
    if opened.frames > 1:
        return False
    data = opened.path.read_bytes()
    if opened.image.format == "AVIF":
        return _ends_in_zeros(_last_mdat(data))
    return _ends_in_zeros(lossy_pixels(data)) and not _is_plain_at_its_end(opened.image)


def _last_mdat(avif: bytes) -> bytes:
    found = [box for box in image_boxes(avif, 0, len(avif)) if box.kind == b"mdat"]
    return avif[found[-1].body : found[-1].end] if found else b""


def _ends_in_zeros(coded: bytes) -> bool:
    zeros = len(coded) - len(coded.rstrip(b"\0"))
    return zeros >= max(_ENOUGH, len(coded) * _SHARE)


def _is_plain_at_its_end(image: Image.Image) -> bool:
    top = max(0, image.height - _BLOCK_ROWS)
    last = image.convert("RGB").crop((0, top, image.width, image.height))
    return all(
        isinstance(band, tuple) and band[1] - band[0] <= _PLAIN for band in last.getextrema()
    )
