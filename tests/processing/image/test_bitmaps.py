"""Bitmaps are read whichever bits they keep their colours in."""

import struct

import pytest
from PIL import Image

from harness.samples import media


def bitmap(size, bits, masks, *, top_down=False):
    """Four colours, each channel in the bits of its mask."""
    scene = media.quarters(size)
    width, height = size
    rows = []
    for y in range(height):
        pixels = b""
        for x in range(width):
            value = 0
            for part, mask in zip(scene.getpixel((x, y)), masks, strict=False):
                shift = (mask & -mask).bit_length() - 1
                value |= round(part * (mask >> shift) / 255) << shift
            pixels += (value | sum(masks[3:])).to_bytes(bits // 8, "little")
        rows.append(pixels.ljust((width * bits + 31) // 32 * 4, b"\0"))
    data = b"".join(rows if top_down else reversed(rows))
    red, green, blue, alpha = (*masks, 0)[:4]
    info = struct.pack("<IiiHHI", 56, width, -height if top_down else height, 1, bits, 3)
    info += struct.pack("<I4I", len(data), 2835, 2835, 0, 0)
    info += struct.pack("<4I", red, green, blue, alpha)
    return struct.pack("<2sIHHI", b"BM", 14 + len(info) + len(data), 0, 0, 14 + len(info)) + (
        info + data
    )


@pytest.mark.parametrize(
    ("bits", "masks"),
    [
        (16, (0xF800, 0x07E0, 0x001F)),
        (16, (0x7C00, 0x03E0, 0x001F)),
        (16, (0x0F00, 0x00F0, 0x000F, 0xF000)),
        (32, (0x00FF0000, 0x0000FF00, 0x000000FF)),
        (32, (0xFF000000, 0x00FF0000, 0x0000FF00)),
        (32, (0xFFE00000, 0x001FFC00, 0x000003FF)),
        (32, (0x000003FC, 0x000FF000, 0x3FC00000)),
    ],
    ids=str,
)
@pytest.mark.parametrize("top_down", [False, True])
def test_colours_may_lie_in_any_bits(squeeze, tmp_path, bits, masks, top_down):
    source = tmp_path / "in"
    source.write_bytes(bitmap((50, 30), bits, masks, top_down=top_down))

    with Image.open(squeeze(source).path) as image:
        shown = image.convert("RGBA")
    for pixel, color in zip(
        media.corners(shown), media.corners(media.quarters((50, 30))), strict=True
    ):
        assert media.is_near(pixel, color, by=16)
    assert shown.getpixel((25, 15))[3] == 255


@pytest.mark.parametrize(
    ("bits", "masks"),
    [
        (16, (0x0F00, 0x00F0, 0x000F, 0xF000)),
        (32, (0x00FF0000, 0x0000FF00, 0x000000FF, 0xFF000000)),
    ],
    ids=str,
)
def test_a_bitmap_whose_writer_left_the_transparency_empty_is_opaque(
    squeeze, tmp_path, bits, masks
):
    source = tmp_path / "in"
    data = bytearray(bitmap((50, 30), bits, masks))
    stride = (50 * bits + 31) // 32 * 4
    for y in range(30):
        for x in range(50):
            data[70 + y * stride + (x + 1) * bits // 8 - 1] &= 0x0F if bits == 16 else 0
    source.write_bytes(data)

    with Image.open(squeeze(source).path) as image:
        shown = image.convert("RGBA")
    assert shown.getchannel("A").getextrema() == (255, 255)
    assert media.is_near(shown.getpixel((5, 5)), media.RED, by=16)


def test_a_palette_of_more_colours_than_a_pixel_can_name_is_cut(squeeze, tmp_path):
    source = tmp_path / "in"
    palette = b"".join(bytes((*color[::-1], 0)) for color in (media.RED, media.BLUE)) * 150
    pixels = (bytes([0] * 32 + [1] * 32)) * 48
    at = 54 + len(palette)
    info = struct.pack("<IiiHHIIiiII", 40, 64, 48, 1, 8, 0, len(pixels), 2835, 2835, 300, 0)
    head = struct.pack("<2sIHHI", b"BM", at + len(pixels), 0, 0, at)
    source.write_bytes(head + info + palette + pixels)

    with Image.open(squeeze(source).path) as image:
        shown = image.convert("RGB")
    assert media.is_near(shown.getpixel((10, 20)), media.RED, by=16)
    assert media.is_near(shown.getpixel((50, 20)), media.BLUE, by=16)
