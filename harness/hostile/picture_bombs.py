"""Pictures that promise, or unpack to, far more than they are."""

import struct
import zlib

from PIL import Image

from harness.hostile import crafting
from harness.hostile.catalogue import OK, Scene, bomb
from harness.samples.media import photo


@bomb("LIMIT_PIXELS")
def png_of_one_bit_13000(scene: Scene) -> bytes:
    return crafting.png_of_zeros(13_000, 13_000, 1, 0)


@bomb("LIMIT_PIXELS")
def png_of_zeros_10000(scene: Scene) -> bytes:
    return crafting.png_of_zeros(10_000, 10_000, 8, 2)


@bomb("LIMIT_PIXELS", OK)
def png_of_one_bit_10000(scene: Scene) -> bytes:
    return crafting.png_of_zeros(10_000, 10_000, 1, 0)


@bomb("LIMIT_PIXELS")
def png_of_sixteen_bits_8000(scene: Scene) -> bytes:
    return crafting.png_of_zeros(8_000, 8_000, 16, 6)


@bomb("LIMIT_PIXELS")
def png_header_65535(scene: Scene) -> bytes:
    return crafting.png_header(65_535, 65_535) + crafting.png_chunk(b"IDAT", zlib.compress(b"\0"))


@bomb("LIMIT_PIXELS")
def png_of_one_row_two_billion_wide(scene: Scene) -> bytes:
    return crafting.png_header(2**31 - 1, 1) + crafting.png_chunk(b"IDAT", zlib.compress(b"\0"))


@bomb("LIMIT_PIXELS")
def jpeg_header_65535(scene: Scene) -> bytes:
    data = bytearray(crafting.saved(photo((64, 64)), "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    return bytes(data)


@bomb("LIMIT_PIXELS", "CORRUPT")
def jpeg_header_15000_without_pixels(scene: Scene) -> bytes:
    data = bytearray(crafting.saved(photo((64, 64)), "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", 15_000, 15_000)
    return bytes(data)


@bomb("LIMIT_PIXELS", "CORRUPT")
def jpeg_progressive_header_10000(scene: Scene) -> bytes:
    data = bytearray(crafting.saved(photo((64, 64)), "JPEG", progressive=True))
    at = data.index(b"\xff\xc2")
    data[at + 5 : at + 9] = struct.pack(">HH", 10_000, 10_000)
    return bytes(data)


@bomb("LIMIT_PIXELS", "LIMIT_FRAMES", "CORRUPT")
def jpeg_of_two_thousand_scans(scene: Scene) -> bytes:
    """Each scan is 60 bytes, and makes a decoder walk through a million blocks."""
    side = 8_000
    blocks = (side // 8) ** 2
    one_code = b"\x01" + bytes(15)  # a single code of one bit
    table = b"\xff\xdb" + struct.pack(">HB", 67, 0) + b"\x01" * 64
    frame = b"\xff\xc2" + struct.pack(">HBHHBBBB", 11, 8, side, side, 1, 1, 0x11, 0)
    dc = b"\xff\xc4" + struct.pack(">HB", 20, 0x00) + one_code + b"\x00"
    ac = b"\xff\xc4" + struct.pack(">HB", 20, 0x10) + one_code + b"\xe0"
    first = b"\xff\xda" + struct.pack(">HBBBBBB", 8, 1, 1, 0, 0, 0, 0) + bytes(blocks // 8)
    run = "0" + "1" * 14  # the end of 32,767 blocks at once
    bits = run * -(-blocks // 32_767)
    packed = int(bits.ljust(-(-len(bits) // 8) * 8, "1"), 2).to_bytes(-(-len(bits) // 8), "big")
    stuffed = packed.replace(b"\xff", b"\xff\0")
    later = b"\xff\xda" + struct.pack(">HBBBBBB", 8, 1, 1, 0, 1, 63, 0) + stuffed
    return b"\xff\xd8" + table + frame + dc + ac + first + later * 2_000 + b"\xff\xd9"


@bomb("LIMIT_PIXELS")
def gif_header_65535(scene: Scene) -> bytes:
    return crafting.gif(65_535, 65_535, crafting.GIF_FRAME_OF_ONE_PIXEL)


@bomb("LIMIT_PIXELS", "CORRUPT")
def gif_frame_larger_than_its_canvas(scene: Scene) -> bytes:
    frame = b"\x2c" + struct.pack("<4HB", 0, 0, 65_535, 65_535, 0) + b"\x02\x02\x44\x01\x00"
    return crafting.gif(16, 16, crafting.GIF_FRAME_OF_ONE_PIXEL + frame)


@bomb("LIMIT_FRAMES")
def gif_of_30000_frames(scene: Scene) -> bytes:
    return crafting.gif(1, 1, crafting.GIF_FRAME_OF_ONE_PIXEL * 30_000)


@bomb("LIMIT_FRAMES")
def gif_of_100000_frames(scene: Scene) -> bytes:
    return crafting.gif(16, 16, crafting.GIF_FRAME_OF_ONE_PIXEL * 100_000)


@bomb("LIMIT_FRAMES")
def gif_of_3000_frames_of_a_megapixel(scene: Scene) -> bytes:
    return crafting.gif(1_000, 1_000, crafting.GIF_FRAME_OF_ONE_PIXEL * 3_000)


@bomb("LIMIT_FRAMES")
def gif_of_a_million_comments(scene: Scene) -> bytes:
    comments = b"\x21\xfe\x01a\x00" * 1_000_000
    return crafting.gif(16, 16, comments + crafting.GIF_FRAME_OF_ONE_PIXEL * 20_000)


def _apng(side: int, frames: int, claimed: int) -> bytes:
    pixels = zlib.compress(bytes((1 + side) * side))
    control = crafting.png_chunk(b"acTL", struct.pack(">II", claimed, 0))
    parts = [crafting.png_header(side, side, 8, 0), control]
    number = 0
    for frame in range(frames):
        words = struct.pack(">IIIIIHHBB", number, side, side, 0, 0, 1, 10, 0, 0)
        parts.append(crafting.png_chunk(b"fcTL", words))
        if frame == 0:
            parts.append(crafting.png_chunk(b"IDAT", pixels))
        else:
            number += 1
            parts.append(crafting.png_chunk(b"fdAT", struct.pack(">I", number) + pixels))
        number += 1
    return b"".join([*parts, crafting.png_chunk(b"IEND", b"")])


@bomb("LIMIT_FRAMES")
def apng_of_20000_frames(scene: Scene) -> bytes:
    return _apng(8, 20_000, 20_000)


@bomb("LIMIT_FRAMES")
def apng_of_2000_frames_of_a_megapixel(scene: Scene) -> bytes:
    return _apng(1_000, 2_000, 2_000)


@bomb("LIMIT_FRAMES", "CORRUPT")
def apng_that_claims_two_billion_frames(scene: Scene) -> bytes:
    return _apng(8, 2, 2**31 - 1)


def _animated_webp(width: int, height: int, frames: int) -> bytes:
    def size(value: int) -> bytes:
        return (value - 1).to_bytes(3, "little")

    head = crafting.chunk(b"VP8X", b"\x02\0\0\0" + size(width) + size(height))
    picture = crafting.webp_of_one_color(width, height)
    frame = bytes(6) + size(width) + size(height) + (100).to_bytes(3, "little") + b"\0" + picture
    loop = crafting.chunk(b"ANIM", bytes(6))
    return crafting.webp(head, loop, *([crafting.chunk(b"ANMF", frame)] * frames))


@bomb("LIMIT_FRAMES")
def webp_of_20000_frames(scene: Scene) -> bytes:
    return _animated_webp(16, 16, 20_000)


@bomb("LIMIT_FRAMES")
def webp_of_2000_frames_of_a_megapixel(scene: Scene) -> bytes:
    return _animated_webp(1_000, 1_000, 2_000)


@bomb("LIMIT_PIXELS")
def webp_of_one_color_16383(scene: Scene) -> bytes:
    return crafting.webp(crafting.webp_of_one_color(16_383, 16_383))


@bomb("LIMIT_PIXELS", "CORRUPT")
def webp_canvas_of_16_million_square(scene: Scene) -> bytes:
    head = crafting.chunk(b"VP8X", b"\x02\0\0\0" + b"\xff" * 6)
    frame = bytes(6) + bytes(6) + (100).to_bytes(3, "little") + b"\0"
    frame += crafting.webp_of_one_color(1, 1)
    loop = crafting.chunk(b"ANIM", bytes(6))
    return crafting.webp(head, loop, *([crafting.chunk(b"ANMF", frame)] * 2))


@bomb("LIMIT_PIXELS")
def bmp_header_65535(scene: Scene) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, 65_535, 65_535, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 1_000, 0, 0, 54) + info + bytes(64)


def rle_bmp(side: int, codes: bytes) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(codes), 0, 0, 256, 0)
    head = b"BM" + struct.pack("<IHHI", 54 + 1024 + len(codes), 0, 0, 54 + 1024)
    return head + info + bytes(1024) + codes


@bomb("LIMIT_PIXELS", "CORRUPT", OK)
def bmp_of_long_runs_10000(scene: Scene) -> bytes:
    return rle_bmp(10_000, b"\xff\x01" * (10_000 * 10_000 // 255) + b"\0\1")


@bomb("LIMIT_PIXELS", "CORRUPT", OK)
def bmp_of_jumps_10000(scene: Scene) -> bytes:
    return rle_bmp(10_000, b"\x00\x02\xff\xff" * 1_000 + b"\0\1")


@bomb("LIMIT_PIXELS", "CORRUPT", OK)
def bmp_of_ten_million_runs_of_one(scene: Scene) -> bytes:
    return rle_bmp(6_000, b"\x01\x01" * 10_000_000 + b"\0\1")


@bomb(OK)
def picture_of_noise_that_is_honest(scene: Scene) -> bytes:
    """Not a bomb: that what is right still passes is a part of the proof."""
    return crafting.saved(Image.effect_noise((800, 600), 60).convert("RGB"), "PNG")
