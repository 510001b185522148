"""TIFF directories, EXIF and colour profiles that loop, lie, or point nowhere."""

import struct
import zlib
from collections.abc import Mapping
from types import MappingProxyType

from harness.hostile import crafting
from harness.hostile.catalogue import OK, Scene, bomb
from harness.samples.media import photo, swapping_profile

SHORT, LONG, BYTES = 3, 4, 7
Entry = tuple[int, int, int, int]  # tag, type, count, value
NOTHING: Mapping[str, Entry] = MappingProxyType({})


def directory(
    width: int, height: int, compression: int = 1, more: Mapping[str, Entry] = NOTHING
) -> list[Entry]:
    entries: list[Entry] = [
        (256, LONG, 1, width),
        (257, LONG, 1, height),
        (258, SHORT, 1, 8),
        (259, SHORT, 1, compression),
        (262, SHORT, 1, 1),
        (277, SHORT, 1, 1),
    ]
    return sorted([*entries, *more.values()])


def _strip(at: int, size: int, rows: int) -> dict[str, Entry]:
    return {
        "offset": (273, LONG, 1, at),
        "rows": (278, LONG, 1, rows),
        "size": (279, LONG, 1, size),
    }


@bomb("LIMIT_PIXELS")
def tiff_header_65535(scene: Scene) -> bytes:
    return crafting.tiff(directory(65_535, 65_535, more=_strip(8, 64, 65_535)), tail=bytes(64))


@bomb("LIMIT_PIXELS", OK)
def tiff_of_zeros_10000(scene: Scene) -> bytes:
    """One deflated strip: a hundred megabytes of gray in a hundred kilobytes."""
    packed = crafting.deflated_zeros(10_000 * 10_000)
    at = 8 + 2 + 12 * 9 + 4
    entries = directory(10_000, 10_000, 8, more=_strip(at, len(packed), 10_000))
    return crafting.tiff(entries, tail=packed)


@bomb("CORRUPT", "LIMIT_PIXELS", "UNSUPPORTED")
def tiff_of_four_billion_strips(scene: Scene) -> bytes:
    strips = {"offset": (273, LONG, 2**32 - 1, 8), "size": (279, LONG, 2**32 - 1, 8)}
    return crafting.tiff(directory(64, 64, more=strips), tail=bytes(4096))


@bomb("CORRUPT", "LIMIT_PIXELS")
def tiff_of_a_tile_of_four_gigapixels(scene: Scene) -> bytes:
    tile = {
        "across": (322, LONG, 1, 65_536),
        "down": (323, LONG, 1, 65_536),
        "offset": (324, LONG, 1, 8),
        "size": (325, LONG, 1, 64),
    }
    return crafting.tiff(directory(64, 64, 8, tile), tail=zlib.compress(bytes(4096)))


@bomb("CORRUPT", OK)
def tiff_whose_next_page_is_itself(scene: Scene) -> bytes:
    data = bytearray(crafting.saved(photo((64, 64)), "TIFF"))
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    struct.pack_into("<I", data, at + 2 + 12 * count, at)
    return bytes(data)


@bomb("LIMIT_FRAMES", OK)
def tiff_of_50000_pages(scene: Scene) -> bytes:
    page = directory(8, 8, more=_strip(8, 64, 8))
    return crafting.tiff(*[page] * 50_000)


@bomb("CORRUPT", "LIMIT_PIXELS")
def tiff_of_a_field_of_four_gigabytes(scene: Scene) -> bytes:
    field = {"software": (305, 2, 2**32 - 16, 8)}
    return crafting.tiff(directory(64, 64, more=_strip(8, 4096, 64) | field), tail=bytes(64))


@bomb("CORRUPT", OK)
def tiff_of_65535_fields(scene: Scene) -> bytes:
    entries = directory(64, 64, more=_strip(8, 4096, 64))
    entries += [(40_000, LONG, 1, number) for number in range(65_000)]
    return crafting.tiff(entries, tail=bytes(4096))


def _jpeg_with_exif(exif: bytes) -> bytes:
    return crafting.saved(photo((200, 150)), "JPEG", quality=95, exif=b"Exif\0\0" + exif)


@bomb(OK)
def exif_whose_next_directory_is_itself(scene: Scene) -> bytes:
    exif = bytearray(crafting.tiff([(274, SHORT, 1, 1), (34665, LONG, 1, 8)]))
    struct.pack_into("<I", exif, 8 + 2 + 24, 8)
    return _jpeg_with_exif(bytes(exif))


@bomb(OK)
def exif_of_fields_of_four_gigabytes(scene: Scene) -> bytes:
    fields = [(274, SHORT, 1, 6)] + [(40_000 + n, BYTES, 2**32 - 1, 8) for n in range(100)]
    return _jpeg_with_exif(crafting.tiff(fields))


@bomb(OK)
def exif_of_overlapping_fields(scene: Scene) -> bytes:
    """Each of 5,000 fields is the same 60 KB: 300 MB for who reads them all."""
    fields = [(40_000 + n, BYTES, 60_000, 8) for n in range(5_000)]
    return _jpeg_with_exif(crafting.tiff(fields)[:65_000].ljust(65_000, b"\0"))


@bomb(OK)
def exif_orientation_of_a_million_values(scene: Scene) -> bytes:
    return _jpeg_with_exif(crafting.tiff([(274, SHORT, 1_000_000, 8)]))


@bomb(OK, "CORRUPT")
def png_text_that_unpacks_to_a_gigabyte(scene: Scene) -> bytes:
    packed = crafting.deflated_zeros(1 << 30)
    text = crafting.png_chunk(b"zTXt", b"Comment\0\0" + packed)
    return crafting.png_of_zeros(300, 200, 8, 2, extra=text)


@bomb(OK, "CORRUPT")
def png_of_a_thousand_texts_that_unpack(scene: Scene) -> bytes:
    packed = crafting.deflated_zeros(1_000_000)
    text = crafting.png_chunk(b"iTXt", b"Comment\0\1\0\0\0" + packed)
    return crafting.png_of_zeros(300, 200, 8, 2, extra=text * 1_000)


@bomb(OK, "CORRUPT")
def png_profile_that_unpacks_to_a_gigabyte(scene: Scene) -> bytes:
    profile = crafting.png_chunk(b"iCCP", b"icc\0\0" + crafting.deflated_zeros(1 << 30))
    return crafting.png_of_zeros(300, 200, 8, 2, extra=profile)


@bomb(OK, "CORRUPT")
def png_of_200000_empty_chunks(scene: Scene) -> bytes:
    return crafting.png_of_zeros(300, 200, 8, 2, extra=crafting.png_chunk(b"teXt", b"") * 200_000)


@bomb(OK)
def profile_that_claims_four_billion_tags(scene: Scene) -> bytes:
    profile = bytearray(swapping_profile())
    struct.pack_into(">I", profile, 128, 2**32 - 1)
    return crafting.saved(photo((200, 150)), "JPEG", quality=95, icc_profile=bytes(profile))


@bomb(OK)
def profile_with_a_table_of_255_to_the_fifteenth(scene: Scene) -> bytes:
    """A lookup table of fifteen channels with 255 points each."""
    table = b"mft2" + bytes(4) + bytes([15, 3, 255, 0]) + bytes(36) + struct.pack(">HH", 4096, 4096)
    profile = swapping_profile()[:128] + struct.pack(">I4sII", 1, b"A2B0", 144, len(table)) + table
    profile = struct.pack(">I", len(profile)) + profile[4:]
    return crafting.saved(photo((200, 150)), "JPEG", quality=95, icc_profile=profile)


@bomb(OK)
def jpeg_of_a_profile_in_255_parts(scene: Scene) -> bytes:
    profile = swapping_profile().ljust(255 * 65_519, b"\xa5")
    return crafting.saved(photo((200, 150)), "JPEG", quality=95, icc_profile=profile)
