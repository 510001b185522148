"""Opens one image with the one Pillow plugin its bytes call for, and refuses by its header."""

import importlib
import io
from pathlib import Path
from typing import BinaryIO, Final

from PIL import Image, ImageFile, PngImagePlugin

from compression_config import LIMITS
from errors import CorruptMediaError, LimitPixelsError, UnsupportedMediaError
from processing.formats import FORMATS
from processing.image.info import ImageInfo
from processing.image.pixels.apng import fit_transparent_color
from processing.image.pixels.bmp_masks import opened_by_masks, with_usual_palette
from processing.image.pixels.facts import facts_of
from processing.image.pixels.opened import Opened
from processing.image.pixels.size_claims import (
    refuse_canvas,
    refuse_false_claims,
    refuse_frames,
    refuse_pixels,
    refuse_unhalved,
)
from processing.image.pixels.tiff_kinds import (
    gray_bits,
    is_negative,
    learn_rarer_kinds,
    opened_tiff,
)
from processing.image.structure import jpeg2000, png
from processing.image.structure.code_points import profile_of
from processing.image.structure.projection import projection_in
from processing.image.structure.unread_kinds import (
    MESSAGE,
    is_of_unread_kind,
    is_unread_jpeg,
    is_unread_png,
)
from processing.isobmff.heif_properties import claimed_size, image_properties
from processing.isobmff.heif_repair import repaired

_EXIF: Final = b"Exif\0\0"
_PNG_BITS_AT: Final = 24
_MAX_PROFILE_BYTES: Final = 16 * 1024 * 1024  # unpacked; a printer's may have 3 million
_MODULES: Final = {"JPEG": "Jpeg", "PNG": "Png", "GIF": "Gif", "WEBP": "WebP", "JPEG2000": "Jpeg2K"}


def open_image(source: Path, format_name: str) -> tuple[Opened, ImageInfo]:
    """The image, not yet decoded, and its facts.

    Raises LimitPixelsError, LimitFramesError or UnsupportedMediaError, and whatever Pillow raises
    on damaged bytes.
    """
    _only_our_limits()
    if format_name == "webp":
        refuse_canvas(source)
    opened = _opened(source, format_name)
    image = opened.image
    refuse_pixels(image)
    refuse_false_claims(image, source)
    if format_name == "tiff":
        opened.gray_bits, opened.is_negative = gray_bits(image), is_negative(image)
    opened.projection = projection_in(_xmp(opened))
    _describe_colors(opened, format_name)
    info = facts_of(opened, format_name)
    refuse_frames(info)
    return opened, info


def _only_our_limits() -> None:
    Image.MAX_IMAGE_PIXELS = None  # refuse_pixels judges, knowing how each format is decoded.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    PngImagePlugin.MAX_TEXT_CHUNK = _MAX_PROFILE_BYTES


def _opened(source: Path, format_name: str) -> Opened:
    reader = FORMATS[format_name].reader
    _import_plugin(reader)
    if format_name == "png":
        return _opened_png(source)
    if format_name == "jpeg" and is_unread_jpeg(source.read_bytes()):
        raise UnsupportedMediaError(MESSAGE)
    try:
        if format_name == "tiff":
            return Opened(opened_tiff(source), source)
        return Opened(Image.open(_readable(source, format_name), formats=[reader]), source)
    except (OSError, SyntaxError, RuntimeError):  # of AVIF
        if format_name == "bmp" and (image := opened_by_masks(source)):
            return Opened(image, source)
        if is_of_unread_kind(source, format_name):
            raise UnsupportedMediaError(MESSAGE) from None
        raise


def _readable(source: Path, format_name: str) -> BinaryIO:
    """The file, or its bytes, put right where our decoders are stricter than all others."""
    if format_name in {"avif", "heic"}:
        data = source.read_bytes()
        width, height = claimed_size(data) or (0, 0)
        if width * height > LIMITS.max_image_pixels:
            raise LimitPixelsError  # Decoders have limits of their own, and call it damage.
        return io.BytesIO(repaired(data, format_name.encode()))
    if format_name == "bmp" and (bitmap := with_usual_palette(source)):
        return io.BytesIO(bitmap)
    return source.open("rb")


def _opened_png(source: Path) -> Opened:
    data = source.read_bytes()
    if is_unread_png(data):
        raise UnsupportedMediaError(MESSAGE)
    data = png.tidied(data)  # as far as it goes
    try:
        return _held_png(png.with_profile(data), source)
    except (OSError, SyntaxError, ValueError):
        return _held_png(png.tidied(data, bare=True), source)  # An animation may have a still.


def _held_png(data: bytes, source: Path) -> Opened:
    image = Image.open(io.BytesIO(data), formats=["PNG"])
    if exif := png.body(data, b"eXIf"):
        image.info["exif"] = _EXIF + exif  # It may stand behind the pixels.
    fit_transparent_color(image, data[_PNG_BITS_AT])
    return Opened(image, source, data=data)


def _import_plugin(reader: str) -> None:
    """Register one format; registering all of them takes longer than a small image does."""
    if reader == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener(
            thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
        )
        return
    name = _MODULES.get(reader, reader.capitalize())
    importlib.import_module(f"PIL.{name}ImagePlugin")
    if reader == "TIFF":
        learn_rarer_kinds()


def _xmp(opened: Opened) -> bytes:
    if opened.image.format == "PNG":
        return png.xmp(opened.path.read_bytes())
    said = opened.image.info.pop("xmp", b"")  # Its orientation is for catalogues, not for showing.
    return said if isinstance(said, bytes) else b""


def _describe_colors(opened: Opened, format_name: str) -> None:
    """Put into words of ICC what the format says of its colours in others."""
    image = opened.image
    code_points = None
    if format_name == "heic":
        named = image.info.get("nclx_profile") or {}
        code_points = (named.get("color_primaries", 2), named.get("transfer_characteristics", 2))
    elif format_name == "avif":
        properties = image_properties(opened.path.read_bytes(), image.size)
        code_points = properties.code_points
        if opened.frames == 1:
            opened.crop = properties.crop
    elif format_name == "jp2":
        found = jpeg2000.description(opened.path.read_bytes())
        if not found.has_all_tiles:
            raise CorruptMediaError
        opened.halvings = found.levels
        refuse_unhalved(image, found.levels)
        image.info["icc_profile"] = found.profile
    if code_points and not image.info.get("icc_profile"):
        image.info["icc_profile"] = profile_of(*code_points)
