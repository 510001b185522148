"""HEIF and AVIF files whose boxes promise too much, or the same thing thousands of times."""

import io
import struct
from collections.abc import Sequence

import pillow_heif
from PIL import Image

from harness.hostile import crafting
from harness.hostile.catalogue import OK, Scene, bomb
from harness.hostile.crafting import box, full_box

pillow_heif.register_heif_opener()

_SIZE = full_box(b"ispe", struct.pack(">II", 64, 64))
_BRANDS = {b"hvc1": b"heic" + bytes(4) + b"mif1heic", b"av01": b"avif" + bytes(4) + b"avifmif1miaf"}


def _tile(kind: str) -> bytes:
    return crafting.saved(Image.new("RGB", (64, 64), (200, 30, 30)), kind, quality=50)


def _resized(data: bytes, width: int, height: int) -> bytes:
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]


@bomb("LIMIT_PIXELS")
def heic_header_of_200_megapixels(scene: Scene) -> bytes:
    return _resized(_tile("HEIF"), 16_384, 12_288)


@bomb("LIMIT_PIXELS")
def avif_header_of_200_megapixels(scene: Scene) -> bytes:
    return _resized(_tile("AVIF"), 16_384, 12_288)


@bomb("CORRUPT", "LIMIT_PIXELS")
def heic_of_no_size_at_all(scene: Scene) -> bytes:
    return _resized(_tile("HEIF"), 0, 0)


def _grid(item: bytes, side_px: int, tiles: int, references: Sequence[int]) -> bytes:
    """One coded item, and a second one that is a grid of it; whatever `references` name."""
    data = _tile("HEIF" if item == b"hvc1" else "AVIF")
    coded = crafting.nested(data, b"mdat")
    configuration = b"hvcC" if item == b"hvc1" else b"av1C"
    meta = crafting.nested(data, b"meta")[4:]
    decoder = box(configuration, crafting.nested(meta, b"iprp/ipco/" + configuration))
    plan = struct.pack(">BBBBII", 0, 1, tiles - 1, tiles - 1, side_px, side_px)
    large = full_box(b"ispe", struct.pack(">II", side_px, side_px))
    properties = box(
        b"iprp",
        box(b"ipco", decoder, _SIZE, large),
        full_box(b"ipma", struct.pack(">IHBBBHBB", 2, 1, 2, 0x81, 2, 2, 1, 3)),
    )

    def entry(number: int, kind: bytes) -> bytes:
        return full_box(b"infe", struct.pack(">HH4sB", number, 0, kind, 0), version=2)

    named = full_box(b"iinf", struct.pack(">H", 2) + entry(1, item) + entry(2, b"grid"))
    parts = struct.pack(f">HH{len(references)}H", 2, len(references), *references)
    related = full_box(b"iref", box(b"dimg", parts))

    def meta_of(first: int) -> bytes:
        places = struct.pack(">BBH", 0x44, 0, 2)
        places += struct.pack(">HHHII", 1, 0, 1, first, len(coded))
        places += struct.pack(">HHHII", 2, 0, 1, first + len(coded), len(plan))
        handler = full_box(b"hdlr", bytes(4) + b"pict" + bytes(13))
        main = full_box(b"pitm", struct.pack(">H", 2))
        return full_box(
            b"meta", handler + main + full_box(b"iloc", places) + named + properties + related
        )

    head = box(b"ftyp", _BRANDS[item])
    at = len(head) + len(meta_of(0)) + 8
    return head + meta_of(at) + box(b"mdat", coded, plan)


@bomb(OK)
def heic_grid_that_is_honest(scene: Scene) -> bytes:
    """That the grids below are refused for what they are, not for how they are built."""
    return _grid(b"hvc1", 256, 4, [1] * 16)


@bomb("LIMIT_PIXELS", "CORRUPT")
def heic_grid_of_65025_tiles(scene: Scene) -> bytes:
    return _grid(b"hvc1", 10_000, 255, [1] * 65_025)


@bomb("LIMIT_PIXELS", "CORRUPT")
def avif_grid_of_65025_tiles(scene: Scene) -> bytes:
    return _grid(b"av01", 10_000, 255, [1] * 65_025)


@bomb("CORRUPT", OK)
def heic_grid_of_itself(scene: Scene) -> bytes:
    return _grid(b"hvc1", 256, 4, [2] * 16)


@bomb("CORRUPT", "LIMIT_PIXELS")
def avif_grid_of_itself(scene: Scene) -> bytes:
    return _grid(b"av01", 256, 4, [2] * 16)


@bomb("CORRUPT", "LIMIT_PIXELS")
def heic_grid_of_missing_tiles(scene: Scene) -> bytes:
    return _grid(b"hvc1", 4_096, 64, [7] * 4_096)


@bomb("LIMIT_FRAMES", "CORRUPT")
def avif_of_100000_frames(scene: Scene) -> bytes:
    """An animation in which every frame is the same few bytes of the file."""
    buffer = io.BytesIO()
    first, second = Image.new("RGB", (64, 64), "red"), Image.new("RGB", (64, 64), "blue")
    first.save(buffer, "AVIF", save_all=True, append_images=[second])
    data, count = buffer.getvalue(), 100_000
    table = b"moov/trak/mdia/minf/stbl/"
    (at,) = struct.unpack_from(">I", crafting.nested(data, table + b"stco"), 8)
    (size,) = struct.unpack_from(">I", crafting.nested(data, table + b"stsz"), 12)
    shape = {
        b"stts": struct.pack(">III", 1, count, 1),
        b"stsc": struct.pack(">IIII", 1, 1, 1, 1),
        b"stsz": struct.pack(">II", size, count),
        b"stss": struct.pack(">II", 1, 1),
    }
    grown = data
    for kind, body in shape.items():
        grown = crafting.with_box(grown, table + kind, full_box(kind, body))
    places = struct.pack(">I", count) + bytes(4 * count)
    grown = crafting.with_box(grown, table + b"stco", full_box(b"stco", places))
    at += len(grown) - len(data)
    places = struct.pack(">I", count) + struct.pack(">I", at) * count
    return crafting.with_box(grown, table + b"stco", full_box(b"stco", places))
