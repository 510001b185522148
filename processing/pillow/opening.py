"""Opens one picture with the one Pillow plugin its bytes call for, and refuses by its header."""

import importlib
import io
import struct
from pathlib import Path
from typing import BinaryIO, Final

from PIL import Image, ImageFile, PngImagePlugin

from compression_config import Limits
from errors import CorruptMediaError, LimitFramesError, LimitPixelsError, UnsupportedMediaError
from processing.formats import by_name
from processing.image import png
from processing.image.avif_plays import plays_of
from processing.image.heif_boxes import promised_size, read_boxes, repaired
from processing.image.plan import PictureInfo
from processing.pillow.bmp_masks import opened_by_masks, with_usual_palette
from processing.pillow.code_points import profile_of
from processing.pillow.color import BITS, NEGATIVE, is_srgb
from processing.pillow.counting import gif_frames, has_more_pages
from processing.pillow.cut_jpeg import PATH
from processing.pillow.hollow import refuse_hollow
from processing.pillow.kinds import is_of_a_kind_not_read
from processing.pillow.loading import CROP, CUT, HELD
from processing.pillow.png_color import colored, fit_transparent_color
from processing.pillow.tiff_kinds import (
    is_negative,
    learn_rarer_kinds,
    refuse_what_is_no_picture_here,
)

_ORIENTATION: Final = 0x0112
_EXIF: Final = b"Exif\0\0"
_PNG_BITS_AT: Final = 24
_BITS_PER_SAMPLE: Final = 258
_WEB_MODES: Final = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "I;16"})
_ANIMATED: Final = frozenset({"gif", "png", "webp", "avif"})
_UNSIGNED_16_BITS: Final = 0xFFFF
# The one that the file ends in is then at most a twentieth of those it is known to have.
_FRAMES_TO_BEAR_A_LOSS: Final = 19
_MAX_PROFILE_BYTES: Final = 16 * 1024 * 1024  # unpacked; a printer's may have 3 million


def open_picture(source: Path, format_name: str, limits: Limits) -> tuple[Image.Image, PictureInfo]:
    """The picture, not yet decoded, and its facts.

    Raises LimitPixelsError, LimitFramesError or UnsupportedMediaError, and whatever Pillow raises
    on damaged bytes.
    """
    _only_our_limits()
    if format_name == "webp":
        _refuse_canvas(source, limits)
    picture = _opened(source, format_name, limits)
    picture.info[PATH] = str(source)
    _refuse_pixels(picture, limits)
    refuse_hollow(picture, source, limits)
    if format_name == "tiff":
        refuse_what_is_no_picture_here(picture)
        picture.info[BITS] = _bits(picture)
        picture.info[NEGATIVE] = is_negative(picture)
    _describe_colors(picture, source, format_name)
    info = _facts(picture, source, format_name, limits)
    _refuse_frames(info, limits)
    return picture, info


def _only_our_limits() -> None:
    Image.MAX_IMAGE_PIXELS = None  # _refuse_pixels judges, knowing how each format is decoded
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    PngImagePlugin.MAX_TEXT_CHUNK = _MAX_PROFILE_BYTES


def _opened(source: Path, format_name: str, limits: Limits) -> Image.Image:
    reader = by_name(format_name).reader
    _import_plugin(reader)
    if format_name == "png":
        return _opened_png(source)
    try:
        # Not by name: Pillow would map a TIFF into memory, forgetting that it is turned.
        return Image.open(_sound(source, format_name, limits), formats=[reader])
    except (OSError, SyntaxError):
        if format_name == "bmp" and (picture := opened_by_masks(source, limits)):
            return picture
        if is_of_a_kind_not_read(source, format_name):
            raise UnsupportedMediaError(
                "The picture is coded in a way that this service does not read."
            ) from None
        raise


def _sound(source: Path, format_name: str, limits: Limits) -> BinaryIO:
    """The file, or its bytes, put right where our decoders are stricter than all others."""
    if format_name in {"avif", "heic"}:
        data = source.read_bytes()
        width, height = promised_size(data) or (0, 0)
        if width * height > limits.max_image_pixels:
            raise LimitPixelsError  # decoders have limits of their own, and call it damage
        return io.BytesIO(repaired(data, format_name.encode()))
    if format_name == "bmp" and (bitmap := with_usual_palette(source)):
        return io.BytesIO(bitmap)
    return source.open("rb")


def _opened_png(source: Path) -> Image.Image:
    data = png.tidied(source.read_bytes())  # as far as it goes
    try:
        return _held(colored(data))
    except (OSError, SyntaxError, ValueError):
        return _held(png.tidied(data, bare=True))  # an animation may still have a picture


def _held(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data), formats=["PNG"])
    picture.info[HELD] = data
    if notes := png.body(data, b"eXIf"):
        picture.info["exif"] = _EXIF + notes  # it may stand behind the pixels
    fit_transparent_color(picture, data[_PNG_BITS_AT])
    return picture


def _import_plugin(reader: str) -> None:
    """Register one format; registering all of them takes longer than a small picture does."""
    if reader == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener(
            thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
        )
        return
    module = {"JPEG": "Jpeg", "PNG": "Png", "GIF": "Gif", "WEBP": "WebP"}
    name = module.get(reader, reader.capitalize())
    importlib.import_module(f"PIL.{name}ImagePlugin")
    if reader == "TIFF":
        learn_rarer_kinds()


def _refuse_canvas(source: Path, limits: Limits) -> None:
    """A WebP's size is judged before Pillow sees it, which makes room for all of it at once."""
    with source.open("rb") as file:
        head = file.read(30)
    kind, at = head[12:16], 20
    if kind == b"VP8X":
        width, height = (int.from_bytes(head[at : at + 3], "little") + 1 for at in (24, 27))
    elif kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", head, at + 1)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", head, at + 6))
    unpacked = width * height * 4
    is_hollow = unpacked > source.stat().st_size * limits.max_image_unpacking
    if width * height > limits.max_image_pixels or (
        is_hollow and unpacked > limits.max_hollow_image_bytes
    ):
        raise LimitPixelsError


def _refuse_pixels(picture: Image.Image, limits: Limits) -> None:
    pixels = picture.width * picture.height
    is_scaled = picture.format in {"JPEG", "MPO"} and not picture.info.get("progressive")
    if pixels > (limits.max_scaled_jpeg_pixels if is_scaled else limits.max_image_pixels):
        raise LimitPixelsError


def _bits(picture: Image.Image) -> int:
    """How many bits of a gray count: scanners and microscopes write 12 of 16."""
    bits = getattr(picture, "tag_v2", {}).get(_BITS_PER_SAMPLE, (16,))
    return bits[0] if isinstance(bits, tuple) and bits[:1] and 8 < bits[0] < 16 else 16


def _describe_colors(picture: Image.Image, source: Path, format_name: str) -> None:
    """Put into words of ICC what the format says of its colours in others."""
    picture.info.pop("xmp", None)  # its orientation is for catalogues, not for showing
    code_points = None
    if format_name == "heic":
        named = picture.info.get("nclx_profile") or {}
        code_points = (named.get("color_primaries", 2), named.get("transfer_characteristics", 2))
    elif format_name == "avif":
        boxes = read_boxes(source.read_bytes(), picture.size)
        code_points = boxes.code_points
        if boxes.crop and getattr(picture, "n_frames", 1) == 1:
            picture.info[CROP] = boxes.crop
    if code_points and not picture.info.get("icc_profile"):
        picture.info["icc_profile"] = profile_of(*code_points)


def _facts(picture: Image.Image, source: Path, format_name: str, limits: Limits) -> PictureInfo:
    frames = _frame_count(picture, source, format_name, limits)
    left, top, right, bottom = picture.info.get(CROP) or (0, 0, *picture.size)
    return PictureInfo(
        format_name=format_name,
        size_bytes=source.stat().st_size,
        width=right - left,
        height=bottom - top,
        orientation=_orientation(picture, format_name),
        frames=frames,
        pages=_page_count(picture, source, format_name),
        loop=_loop(picture, format_name) if frames > 1 else 0,
        has_alpha=picture.has_transparency_data,
        is_web_color=picture.mode in _WEB_MODES and not picture.info.get(CROP),
        is_srgb=is_srgb(picture.info.get("icc_profile")),
    )


def _frame_count(picture: Image.Image, source: Path, format_name: str, limits: Limits) -> int:
    """Of an animation, frames that are whole; 1: a still."""
    if format_name not in _ANIMATED:
        return 1
    if format_name == "gif":
        return _whole_gif_frames(picture, source, limits)
    count = int(getattr(picture, "n_frames", 1))
    if count > 1 and picture.info.get("default_image"):
        count -= 1  # an APNG's stand-in for old readers, not part of the animation
    return count


def _whole_gif_frames(picture: Image.Image, source: Path, limits: Limits) -> int:
    found = gif_frames(source, limits.max_animation_frames)
    if found.is_cut and 0 < found.whole < _FRAMES_TO_BEAR_A_LOSS:
        raise CorruptMediaError
    if found.is_cut and found.whole > 0:
        picture.info[CUT] = True
    return max(1, found.whole)


def _page_count(picture: Image.Image, source: Path, format_name: str) -> int:
    """More than 1: a document or a collection."""
    if format_name == "tiff":
        return 1 + has_more_pages(source)
    return int(getattr(picture, "n_frames", 1)) if format_name == "heic" else 1


def _orientation(picture: Image.Image, format_name: str) -> int:
    if format_name in {"tiff", "heic"}:
        return 1  # their plugins turn while decoding
    exif = Image.Exif()
    try:
        exif.load(picture.info.get("exif") or b"")
        orientation = exif.get(_ORIENTATION, 1)
    except (OSError, SyntaxError, ValueError, KeyError, TypeError, struct.error):
        return 1  # damaged notes are no reason to refuse a picture
    return orientation if orientation in range(1, 9) else 1


def _loop(picture: Image.Image, format_name: str) -> int:
    """How often an animation plays; a GIF counts repeats after the first time, the others plays."""
    if format_name == "avif":
        return plays_of(Path(picture.info[PATH]).read_bytes())
    loop = picture.info.get("loop")
    if format_name != "gif":
        return int(loop or 0)
    if loop is None:
        return 1
    return min(int(loop) + 1, _UNSIGNED_16_BITS) if loop else 0


def _refuse_frames(info: PictureInfo, limits: Limits) -> None:
    too_much_work = info.frames * info.width * info.height > limits.max_animation_pixels
    if info.frames > limits.max_animation_frames or (info.frames > 1 and too_much_work):
        raise LimitFramesError
