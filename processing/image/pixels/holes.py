"""Tells an image of which a part was never written, and is zeros, from a whole one."""

import re
from typing import Final

from PIL import Image, ImageChops

from processing.image.pixels.opened import Opened
from processing.image.structure.coded_pieces import coded_pieces

# So many zeros are never found in whole ones, whatever they show: HEVC breaks up every three of
# them, and of 17 photos, drawings and plain images the longest run of AV1 and of WebP without loss
# was 0, and of JPEG 2000 60. Lossy WebP has them where the same is seen over many rows.
_IMPOSSIBLE: Final = {"HEIF": 16, "AVIF": 128, "VP8L": 128, "JPEG2000": 1024, "VP8 ": 128}
_LOSSY_WEBP: Final = "VP8 "
_SHARE: Final = 0.01  # of what is coded
_BLOCK_ROWS: Final = 16
_EVEN: Final = 2  # of 255


def has_hole(opened: Opened) -> bool:
    """Whether zeros stand where pixels of a decoded still should, which a broken copy leaves.

    Decoders take zeros for "as in the block above", without complaint.
    """
    kind = str(opened.image.format)
    if opened.frames > 1 and kind != "HEIF":
        return False
    pieces = coded_pieces(opened.path.read_bytes(), kind)
    return any(_is_broken(piece, kind, opened.image) for piece in pieces)


def _is_broken(piece: bytes, kind: str, image: Image.Image) -> bool:
    coding = piece[:4].decode("latin-1") if kind == "WEBP" else kind
    least = _IMPOSSIBLE.get(coding, len(piece) + 1)
    runs = list(re.finditer(rb"\0{%d,}" % least, piece))
    if coding != _LOSSY_WEBP:
        return bool(runs)
    clear = [each for each in runs if each.end() - each.start() >= len(piece) * _SHARE]
    if clear and clear[-1].end() == len(piece) and _is_plain(_last_band(image)):
        return False
    zeros = max((each.end() - each.start() for each in clear), default=0)
    return zeros > _even_blocks(image)


def _even_blocks(image: Image.Image) -> int:
    """How many blocks lie in bands of rows as those above them; each takes some 2 bits."""
    shown, count = image.convert("RGB"), 0
    for top in range(0, shown.height - _BLOCK_ROWS + 1, _BLOCK_ROWS):
        count += _is_even(shown.crop((0, top, shown.width, top + _BLOCK_ROWS)))
    return count * -(-shown.width // _BLOCK_ROWS)


def _last_band(image: Image.Image) -> Image.Image:
    top = max(0, image.height - _BLOCK_ROWS)
    return image.convert("RGB").crop((0, top, image.width, image.height))


def _is_plain(band: Image.Image) -> bool:
    return all(isinstance(each, tuple) and each[1] - each[0] <= _EVEN for each in band.getextrema())


def _is_even(band: Image.Image) -> bool:
    """Whether all rows are as those above them: plain, or of upright stripes."""
    above = band.crop((0, 0, band.width, max(1, band.height - 1)))
    below = band.crop((0, band.height - above.height, band.width, band.height))
    return _is_plain(ImageChops.difference(above, below))
