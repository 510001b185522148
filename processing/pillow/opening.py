"""Opens one picture with the one Pillow plugin its bytes call for, and refuses by its header."""

import importlib
from pathlib import Path
from typing import Final

from PIL import Image, ImageFile, PngImagePlugin

from compression_config import Limits
from errors import LimitFramesError, LimitPixelsError, UnsupportedMediaError
from processing.formats import by_name
from processing.plan_image import PictureInfo

_ORIENTATION: Final = 0x0112
_NEW_SUBFILE_TYPE: Final = 254
_DNG_VERSION: Final = 50706
_WEB_MODES: Final = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "I;16"})
_ANIMATED: Final = frozenset({"gif", "png", "webp", "avif"})
_UNSIGNED_16_BITS: Final = 0xFFFF


def open_picture(source: Path, format_name: str, limits: Limits) -> tuple[Image.Image, PictureInfo]:
    """The picture, not yet decoded, and its facts.

    Raises LimitPixelsError, LimitFramesError or UnsupportedMediaError, and whatever Pillow raises
    on damaged bytes.
    """
    _only_our_limits(limits)
    reader = by_name(format_name).reader
    _import_plugin(reader)
    picture = Image.open(source, formats=[reader])
    _refuse_pixels(picture, limits)
    if format_name == "tiff":
        _refuse_raw(picture)
    info = _facts(picture, source, format_name)
    _refuse_frames(info, limits)
    return picture, info


def _only_our_limits(limits: Limits) -> None:
    Image.MAX_IMAGE_PIXELS = None  # _refuse_pixels judges, knowing how each format is decoded
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    PngImagePlugin.MAX_TEXT_MEMORY = limits.image_memory_bytes // 64


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


def _refuse_pixels(picture: Image.Image, limits: Limits) -> None:
    pixels = picture.width * picture.height
    is_scaled = picture.format in {"JPEG", "MPO"} and not picture.info.get("progressive")
    if pixels > (limits.max_scaled_jpeg_pixels if is_scaled else limits.max_image_pixels):
        raise LimitPixelsError


def _refuse_raw(picture: Image.Image) -> None:
    """A camera's raw file is a TIFF whose first picture is a thumbnail of the real one."""
    tags = getattr(picture, "tag_v2", {})
    if _DNG_VERSION in tags or int(tags.get(_NEW_SUBFILE_TYPE, 0)) & 1:
        raise UnsupportedMediaError("Camera raw files are not supported; export a JPEG or HEIC.")


def _facts(picture: Image.Image, source: Path, format_name: str) -> PictureInfo:
    count = getattr(picture, "n_frames", 1)
    is_animated = format_name in _ANIMATED and count > 1
    if is_animated and picture.info.get("default_image"):
        count -= 1  # an APNG's stand-in for old readers, not part of the animation
    return PictureInfo(
        format_name=format_name,
        size_bytes=source.stat().st_size,
        width=picture.width,
        height=picture.height,
        orientation=_orientation(picture, format_name),
        frames=count if is_animated else 1,
        pages=1 if is_animated or picture.format == "MPO" else count,
        loop=_loop(picture, format_name),
        has_alpha=picture.has_transparency_data,
        is_web_color=picture.mode in _WEB_MODES,
    )


def _orientation(picture: Image.Image, format_name: str) -> int:
    if format_name in {"tiff", "heic"}:
        return 1  # their plugins turn while decoding
    orientation = picture.getexif().get(_ORIENTATION, 1)
    return orientation if orientation in range(1, 9) else 1


def _loop(picture: Image.Image, format_name: str) -> int:
    """How often an animation plays; a GIF counts repeats after the first time, the others plays."""
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
