"""Writes lossy WebP by libwebp's sharper conversion of colours, which Pillow cannot ask for.

The library is the one that Pillow has loaded. Its header (encode.h) says that these structures stay
as they are within a major version of its interface, and its functions refuse another one.
"""

import ctypes
from typing import Final

from PIL import Image, _webp

_INTERFACE: Final = 0x0200
_DEFAULT_PRESET: Final = 0
_ROOM: Final = ctypes.c_byte * 256  # for what later versions add

_int, _float, _pointer = ctypes.c_int, ctypes.c_float, ctypes.c_void_p


class _Config(ctypes.Structure):
    _fields_ = (
        *(("lossless", _int), ("quality", _float), ("method", _int), ("image_hint", _int)),
        *(("target_size", _int), ("target_psnr", _float), ("segments", _int)),
        *(("sns_strength", _int), ("filter_strength", _int), ("filter_sharpness", _int)),
        *(("filter_type", _int), ("autofilter", _int), ("alpha_compression", _int)),
        *(("alpha_filtering", _int), ("alpha_quality", _int), ("passes", _int)),
        *(("show_compressed", _int), ("preprocessing", _int), ("partitions", _int)),
        *(("partition_limit", _int), ("emulate_jpeg_size", _int), ("thread_level", _int)),
        *(("low_memory", _int), ("near_lossless", _int), ("exact", _int)),
        *(("use_delta_palette", _int), ("use_sharp_yuv", _int), ("room", _ROOM)),
    )


class _Picture(ctypes.Structure):
    _fields_ = (
        *(("use_argb", _int), ("colorspace", _int), ("width", _int), ("height", _int)),
        *(("y", _pointer), ("u", _pointer), ("v", _pointer), ("strides", _int * 2)),
        *(("a", _pointer), ("a_stride", _int), ("pad1", _int * 2)),
        *(("argb", _pointer), ("argb_stride", _int), ("pad2", _int * 3)),
        *(("writer", _pointer), ("custom_ptr", _pointer), ("room", _ROOM)),
    )


class _Written(ctypes.Structure):
    _fields_ = (
        *(("mem", _pointer), ("size", ctypes.c_size_t), ("max_size", ctypes.c_size_t)),
        ("room", _ROOM),
    )


def sharp_webp(image: Image.Image, quality: int, alpha_quality: int, method: int) -> bytes | None:
    """An RGB or RGBA image as WebP; None where this library cannot do it."""
    try:
        library = ctypes.CDLL(_webp.__file__)
        return _encoded(library, image, (quality, alpha_quality, method))
    except (OSError, AttributeError):
        return None  # It is built another way.


def _encoded(library: ctypes.CDLL, image: Image.Image, asked: tuple[int, int, int]) -> bytes | None:
    config, picture, written = _Config(), _Picture(), _Written()
    start = library.WebPConfigInitInternal
    start.argtypes = (_pointer, _int, _float, _int)
    is_known = start(ctypes.byref(config), _DEFAULT_PRESET, float(asked[0]), _INTERFACE)
    if not is_known or not library.WebPPictureInitInternal(ctypes.byref(picture), _INTERFACE):
        return None
    config.alpha_quality, config.method, config.use_sharp_yuv = asked[1], asked[2], 1
    picture.use_argb, (picture.width, picture.height) = 1, image.size
    picture.writer = ctypes.cast(library.WebPMemoryWrite, _pointer)
    picture.custom_ptr = ctypes.cast(ctypes.pointer(written), _pointer)
    library.WebPMemoryWriterInit(ctypes.byref(written))
    try:
        is_done = _imported(library, picture, image) and library.WebPEncode(
            ctypes.byref(config), ctypes.byref(picture)
        )
        return ctypes.string_at(written.mem, written.size) if is_done else None
    finally:
        library.WebPPictureFree(ctypes.byref(picture))
        library.WebPMemoryWriterClear(ctypes.byref(written))


def _imported(library: ctypes.CDLL, picture: _Picture, image: Image.Image) -> bool:
    of_mode = {"RGB": library.WebPPictureImportRGB, "RGBA": library.WebPPictureImportRGBA}
    take = of_mode[image.mode]
    take.argtypes = (_pointer, ctypes.c_char_p, _int)
    return bool(take(ctypes.byref(picture), image.tobytes(), image.width * len(image.mode)))
