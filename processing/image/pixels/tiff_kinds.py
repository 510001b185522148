"""Teaches Pillow some rarer kinds of TIFF, and refuses those that no decoder here knows."""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageFile, ImageMath, TiffImagePlugin

from errors import UnsupportedMediaError
from processing.image.structure import tiff
from processing.image.structure.unread_kinds import MESSAGE

_BITS_PER_SAMPLE: Final = 258
_STRIP_BYTES: Final = 279
_TILE_BYTES: Final = 325
_EXTRA_SAMPLES: Final = 338
_SAMPLE_FORMAT: Final = 339
_DNG_VERSION: Final = 50706
_LAB: Final = 8
_WHITE_IS_ZERO: Final = 0
_UNSIGNED: Final = 1
# JBIG, SGI's LogLuv, JPEG 2000, LERC, WebP, JPEG XL: libtiff was built without them.
_NOT_DECODED: Final = frozenset({34661, 34676, 34677, 34712, 34887, 50001, 50002})
_SIGN: Final = 128
# What libtiff has unpacked is in this machine's byte order; Pillow forgets it of these.
_NATIVE: Final = {"I;16BS": "I;16NS", "I;32BS": "I;32NS", "F;32BF": "F;32NF"}
# libtiff's planes of these are put together wrongly, or not at all.
_NOT_JOINED: Final = frozenset({"LA", "La", "PA"})
_HALF: Final = 0x7FFFFFFF
_RAW: Final = "Camera raw files are not supported; export a JPEG or HEIC."


def learn_rarer_kinds() -> None:
    """Have Pillow open LAB as if it were RGB, and deep negatives as if they were not."""
    known = TiffImagePlugin.OPEN_INFO
    for key in [key for key in known if key[1] == 1 and key[4] in {(12,), (16,)}]:
        known.setdefault((key[0], _WHITE_IS_ZERO, *key[2:]), known[key])
    for (order, letter), bits in itertools.product(((b"II", "L"), (b"MM", "B")), (8, 16)):
        raw = "RGB" if bits == 8 else f"RGB;16{letter}"
        known[order, _LAB, (1,), 1, (bits,) * 3, ()] = ("RGB", raw)


def opened_tiff(source: Path) -> Image.Image:
    """The first page, not decoded yet; smaller copies of it may stand before it.

    Raises UnsupportedMediaError for a camera's raw file, and where no decoder is at hand; else
    what Pillow raises.
    """
    page = _first_page(source)
    # Pillow's own unpacking takes samples for bytes, subsampled pixels for whole ones, and knows
    # few kinds of which the bits are turned round.
    is_planar = page.tags.get(tiff.PLANAR) == tiff.APART
    is_rare = is_planar or page.tags.get(tiff.PHOTOMETRIC) == tiff.YCBCR
    TiffImagePlugin.READ_LIBTIFF = is_rare or page.tags.get(tiff.FILL_ORDER) == tiff.LOW_BIT_FIRST
    # Not by name: Pillow would map a TIFF into memory, forgetting that it is turned.
    image = Image.open(source.open("rb"), formats=["TIFF"])
    image.seek(page.number)
    if not page.is_page and _stored_bytes(image) < source.stat().st_size / 2:
        raise UnsupportedMediaError(_RAW)  # Most of the file is something else.
    is_unjoined = is_planar and (image.mode in _NOT_JOINED or _has_idle_samples_behind_alpha(image))
    if page.tags.get(tiff.COMPRESSION) in _NOT_DECODED or is_unjoined:
        raise UnsupportedMediaError(MESSAGE)
    _read_natively(image)
    return image


def lab_instead(image: Image.Image) -> Image.Image | None:
    """A decoded TIFF, opened as if it were RGB, as the LAB that it is; None when it is RGB."""
    if _tags(image).get(tiff.PHOTOMETRIC) != _LAB or image.mode != "RGB":
        return None
    light, *colors = image.split()
    signed = [band.point([value ^ _SIGN for value in range(256)]) for band in colors]
    return Image.merge("LAB", (light, *signed))


def gray_bits(image: Image.Image) -> int:
    """How many bits of a gray count: scanners and microscopes write 12 of 16."""
    bits = _tags(image).get(_BITS_PER_SAMPLE, (16,))
    return bits[0] if isinstance(bits, tuple) and bits[:1] and 8 < bits[0] < 16 else 16


def is_negative(image: Image.Image) -> bool:
    """Whether zero is white in what Pillow will decode: it turns 8 bits over itself, no more."""
    return _tags(image).get(tiff.PHOTOMETRIC) == _WHITE_IS_ZERO and image.mode not in {"1", "L"}


def without_sign(image: Image.Image) -> Image.Image | None:
    """Decoded integers of 32 bits, which Pillow takes for signed, halved; None: they are signed."""
    is_unsigned = _tags(image).get(_SAMPLE_FORMAT, (_UNSIGNED,))[:1] == (_UNSIGNED,)
    if image.mode != "I" or not is_unsigned or _tags(image).get(_BITS_PER_SAMPLE) != (32,):
        return None
    low, _ = image.getextrema()
    if not isinstance(low, int | float) or low >= 0:
        return None
    half: Image.Image = ImageMath.lambda_eval(lambda named: (named["all"] >> 1) & _HALF, all=image)
    return half


def _first_page(source: Path) -> tiff.Directory:
    found = []
    for each in tiff.directories(source):
        if _DNG_VERSION in each.tags:
            break
        found.append(each)
        if each.is_page:
            return each
    else:
        if not any(tiff.SUB_DIRECTORIES in each.tags for each in found):
            # All say that they are parts of another image, which is not there.
            nothing = tiff.Directory(0, {})  # Pillow will say what is wrong.
            return max(found, key=_width, default=nothing)
    raise UnsupportedMediaError(_RAW)


def _width(page: tiff.Directory) -> int:
    return page.tags.get(tiff.IMAGE_WIDTH, 0)


def _stored_bytes(image: Image.Image) -> int:
    counts = _tags(image).get(_STRIP_BYTES) or _tags(image).get(_TILE_BYTES) or ()
    return sum(counts) if isinstance(counts, tuple) else int(counts)


def _has_idle_samples_behind_alpha(image: Image.Image) -> bool:
    return image.mode == "RGBA" and len(_tags(image).get(_EXTRA_SAMPLES, ())) > 1


def _read_natively(image: Image.Image) -> None:
    """Have what libtiff unpacks, into this machine's order of bytes, read in that."""
    if not isinstance(image, ImageFile.ImageFile):
        return
    for number, tile in enumerate(image.tile):
        if tile.codec_name == "libtiff" and isinstance(tile.args, tuple):
            args = (_NATIVE.get(tile.args[0], tile.args[0]), *tile.args[1:])
            image.tile[number] = tile._replace(args=args)


def _tags(image: Image.Image) -> Mapping[int, Any]:
    return getattr(image, "tag_v2", {})
