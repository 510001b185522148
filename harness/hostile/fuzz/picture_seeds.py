"""Small, honest pictures of every accepted format, several of each: what damage begins with."""

import random
import struct
import zlib

import pillow_heif
from PIL import Image, ImageFilter

from harness.hostile import crafting, tiff_bombs
from harness.hostile.picture_bombs import rle_bmp
from harness.samples.media import quarters, swapping_profile

pillow_heif.register_heif_opener()

SIZE = (96, 72)
_TURNED = Image.Exif()
_TURNED[274] = 6
_TRANSPOSED = _TURNED.tobytes()
_ADAM7 = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)


def picture_seeds() -> dict[str, list[bytes]]:
    """By the name of the format; the same bytes each time."""
    photo = _photo()
    return {
        "jpeg": _jpegs(photo),
        "png": _pngs(photo),
        "gif": _gifs(photo),
        "webp": _webps(photo),
        "bmp": _bmps(photo),
        "tiff": _tiffs(photo),
        "heic": _heics(photo),
        "avif": _avifs(photo),
        "jp2": _jpeg2000s(photo),
    }


def _photo(seed: int = 1) -> Image.Image:
    grain = Image.frombytes("L", SIZE, random.Random(seed).randbytes(SIZE[0] * SIZE[1]))
    soft = quarters(SIZE).filter(ImageFilter.GaussianBlur(9))
    return Image.blend(soft, grain.convert("RGB"), 0.12)


def _frames(photo: Image.Image) -> list[Image.Image]:
    return [photo.resize((48, 36)).rotate(angle) for angle in (0, 90, 180)]


def _moving(photo: Image.Image, kind: str, **options: object) -> bytes:
    first, *others = _frames(photo)
    return crafting.saved(first, kind, save_all=True, append_images=others, duration=80, **options)


def _jpegs(photo: Image.Image) -> list[bytes]:
    return [
        crafting.saved(photo, "JPEG", quality=92),
        crafting.saved(photo, "JPEG", quality=92, progressive=True),
        crafting.saved(photo, "JPEG", quality=95, subsampling=0, exif=_TRANSPOSED),
        crafting.saved(photo.convert("L"), "JPEG", quality=95),
        crafting.saved(photo.convert("CMYK"), "JPEG", quality=90),
        crafting.saved(photo, "JPEG", quality=92, icc_profile=swapping_profile(), comment=b"note"),
        crafting.saved(photo, "JPEG", quality=92, restart_marker_rows=1),
        _moving(photo, "MPO"),
    ]


def _pngs(photo: Image.Image) -> list[bytes]:
    clear = photo.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(SIZE))
    return [
        crafting.saved(photo.resize((64, 48)), "PNG"),
        crafting.saved(clear.resize((64, 48)), "PNG", icc_profile=swapping_profile()),
        crafting.saved(photo.quantize(32), "PNG", transparency=3),
        crafting.saved(photo.convert("I;16"), "PNG"),
        crafting.saved(photo.convert("1"), "PNG", exif=_TRANSPOSED),
        _interlaced(photo.resize((40, 30))),
        _moving(photo, "PNG"),
    ]


def _interlaced(photo: Image.Image) -> bytes:
    rows = b""
    for left, top, across, down in _ADAM7:
        for y in range(top, photo.height, down):
            row = photo.crop((0, y, photo.width, y + 1)).tobytes()
            rows += b"\0" + b"".join(
                row[3 * x : 3 * x + 3] for x in range(left, photo.width, across)
            )
    size = struct.pack(">IIBBBBB", *photo.size, 8, 2, 0, 0, 1)
    parts = [(b"IHDR", size), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(crafting.png_chunk(*part) for part in parts)


def _gifs(photo: Image.Image) -> list[bytes]:
    return [
        crafting.saved(photo.quantize(64), "GIF"),
        crafting.saved(photo.quantize(16), "GIF", transparency=2, interlace=1),
        _moving(photo, "GIF", loop=0, disposal=2),
        _moving(photo.quantize(16).convert("RGB"), "GIF", loop=3, disposal=[1, 2, 3]),
    ]


def _webps(photo: Image.Image) -> list[bytes]:
    clear = photo.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(SIZE))
    return [
        crafting.saved(photo, "WEBP", quality=92),
        crafting.saved(photo.quantize(16).convert("RGB"), "WEBP", lossless=True),
        crafting.saved(clear, "WEBP", quality=90, icc_profile=swapping_profile()),
        crafting.saved(photo, "WEBP", quality=90, exif=_TRANSPOSED),
        _moving(photo, "WEBP", loop=0),
    ]


def _bmps(photo: Image.Image) -> list[bytes]:
    small = photo.resize((48, 36))
    runs = b"".join(bytes([12, row % 7]) * 2 + b"\0\0" for row in range(24)) + b"\0\1"
    return [
        crafting.saved(small, "BMP"),
        crafting.saved(photo.quantize(64), "BMP"),
        crafting.saved(photo.convert("1"), "BMP"),
        crafting.saved(small.convert("RGBA"), "BMP"),
        rle_bmp(24, runs),
    ]


def _tiffs(photo: Image.Image) -> list[bytes]:
    small = photo.resize((48, 36))
    tile = {
        "across": (322, 4, 1, 16),
        "down": (323, 4, 1, 16),
        "offset": (324, 4, 1, 8 + 2 + 12 * 10 + 4),
        "size": (325, 4, 1, 256),
    }
    tiled = crafting.tiff(tiff_bombs.directory(16, 16, more=tile), tail=bytes(range(256)))
    plain = [
        crafting.saved(small, "TIFF", compression=way)
        for way in (None, "tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits")
    ]
    return [
        *plain,
        crafting.saved(photo.convert("1"), "TIFF", compression="group4"),
        crafting.saved(small.convert("I;16"), "TIFF"),
        crafting.saved(small.convert("CMYK"), "TIFF", compression="tiff_lzw"),
        crafting.saved(small, "TIFF", save_all=True, append_images=[small.rotate(90)]),
        tiled,
    ]


def _heics(photo: Image.Image) -> list[bytes]:
    clear = photo.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(SIZE))
    return [
        crafting.saved(photo, "HEIF", quality=85),
        crafting.saved(clear, "HEIF", quality=80),
        crafting.saved(photo, "HEIF", quality=80, exif=_TRANSPOSED, icc_profile=swapping_profile()),
        crafting.saved(photo, "HEIF", quality=70, save_all=True, append_images=[photo.rotate(90)]),
    ]


def _avifs(photo: Image.Image) -> list[bytes]:
    clear = photo.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(SIZE))
    return [
        crafting.saved(photo, "AVIF", quality=90, speed=10),
        crafting.saved(clear, "AVIF", quality=85, speed=10),
        crafting.saved(photo, "AVIF", quality=90, speed=10, subsampling="4:4:4", exif=_TRANSPOSED),
        _moving(photo, "AVIF", quality=80, speed=10),
    ]


def _jpeg2000s(photo: Image.Image) -> list[bytes]:
    clear = photo.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(SIZE))
    return [
        crafting.saved(photo, "JPEG2000", quality_layers=[20], irreversible=True),
        crafting.saved(clear, "JPEG2000", quality_layers=[10]),
        crafting.saved(photo.convert("L"), "JPEG2000", no_jp2=True, tile_size=(64, 64)),
    ]
