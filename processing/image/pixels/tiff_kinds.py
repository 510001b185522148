"""Teaches Pillow some rarer kinds of TIFF, and refuses those that no decoder here knows."""

from typing import Final

from PIL import Image

from errors import UnsupportedMediaError
from processing.image.structure.unread_kinds import MESSAGE

_NEW_SUBFILE_TYPE: Final = 254
_BITS_PER_SAMPLE: Final = 258
_COMPRESSION: Final = 259
_PHOTOMETRIC: Final = 262
_DNG_VERSION: Final = 50706
_LAB: Final = 8
_WHITE_IS_ZERO: Final = 0
# JBIG, SGI's LogLuv, JPEG 2000, LERC, WebP, JPEG XL: libtiff was built without them.
_NOT_DECODED: Final = frozenset({34661, 34676, 34677, 34712, 34887, 50001, 50002})
_DEEP_BITS: Final = (16, 16, 16)
_SIGN: Final = 128


def learn_rarer_kinds() -> None:
    """Have Pillow open LAB of 16 bits as if it were RGB, and deep negatives as if they were not."""
    from PIL import TiffImagePlugin

    known = TiffImagePlugin.OPEN_INFO
    for key in [key for key in known if key[1] == 1 and key[4] in {(12,), (16,)}]:
        known.setdefault((key[0], _WHITE_IS_ZERO, *key[2:]), known[key])
    for order, raw in ((b"II", "RGB;16L"), (b"MM", "RGB;16B")):
        key = (order, _LAB, (1,), 1, _DEEP_BITS, ())
        known.setdefault(key, ("RGB", raw))


def lab_instead(image: Image.Image) -> Image.Image | None:
    """A decoded TIFF, opened as if it were RGB, as the LAB that it is; None when it is RGB."""
    if getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) != _LAB or image.mode != "RGB":
        return None
    light, *colors = image.split()
    signed = [band.point([value ^ _SIGN for value in range(256)]) for band in colors]
    return Image.merge("LAB", (light, *signed))


def gray_bits(image: Image.Image) -> int:
    """How many bits of a gray count: scanners and microscopes write 12 of 16."""
    bits = getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE, (16,))
    return bits[0] if isinstance(bits, tuple) and bits[:1] and 8 < bits[0] < 16 else 16


def is_negative(image: Image.Image) -> bool:
    """Whether zero is white in what Pillow will decode: it turns 8 bits over itself, no more."""
    tags = getattr(image, "tag_v2", {})
    return tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO and image.mode not in {"1", "L"}


def refuse_unread_kinds(image: Image.Image) -> None:
    """Raise UnsupportedMediaError for a camera's raw file, and where no decoder is at hand.

    A raw file is a TIFF whose first image is a thumbnail of the real one.
    """
    tags = getattr(image, "tag_v2", {})
    if _DNG_VERSION in tags or int(tags.get(_NEW_SUBFILE_TYPE, 0)) & 1:
        raise UnsupportedMediaError("Camera raw files are not supported; export a JPEG or HEIC.")
    if tags.get(_COMPRESSION) in _NOT_DECODED:
        raise UnsupportedMediaError(MESSAGE)
