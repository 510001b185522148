"""What an image promises is judged by its header and its bytes, before any of it is decoded."""

import functools
import io
import random
import resource
import struct
import zlib

import pytest
from PIL import Image

from compression_config import LIMITS
from errors import CorruptMediaError, LimitFramesError, LimitPixelsError
from harness.samples import media
from notes import Note, NoteCode
from processing.image.structure.png import SIGNATURE, chunk


@functools.cache
def png_of_zeros(side, bits=8, color_type=2):
    channels = {0: 1, 2: 3, 6: 4}[color_type]
    row = b"\0" * (1 + side * channels * bits // 8)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row * 100) for _ in range(side // 100)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, bits, color_type, 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("side", "bits", "color_type"), [(9000, 8, 2), (8000, 16, 6)])
def test_a_large_image_of_hardly_any_bytes_is_refused(squeeze, tmp_path, side, bits, color_type):
    source = tmp_path / "in"
    source.write_bytes(png_of_zeros(side, bits, color_type))

    with pytest.raises(LimitPixelsError):
        squeeze(source, time_limit_s=10)


def test_a_large_logo_of_flat_colours_is_no_bomb(squeeze, tmp_path):
    source = tmp_path / "in"
    row = b"\0" + bytes(media.BLUE) * 7300
    noise = [b"\0" + random.Random(seed).randbytes(3 * 7300) for seed in range(22)]
    packer = zlib.compressobj(6)
    rows = noise + [row] * (7300 - len(noise))
    packed = b"".join(packer.compress(each) for each in rows) + packer.flush()
    header = struct.pack(">IIBBBBB", 7300, 7300, 8, 2, 0, 0, 0)
    source.write_bytes(
        SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )

    with Image.open(squeeze(source, time_limit_s=60).path) as image:
        assert image.size == (2048, 2048)
        assert media.is_near(image.convert("RGB").getpixel((1000, 1700)), media.BLUE, by=6)


def test_a_plain_banner_of_hardly_any_bytes_is_no_bomb(squeeze, tmp_path):
    source = tmp_path / "in"
    Image.new("RGB", (4000, 3000), media.BLUE).save(source, "PNG")

    with Image.open(squeeze(source, time_limit_s=10).path) as image:
        assert image.size == (2048, 1536)
        assert media.is_near(image.convert("RGB").getpixel((1000, 700)), media.BLUE, by=6)


def test_a_plain_progressive_photo_of_hardly_any_bytes_is_no_bomb(squeeze, tmp_path):
    source = tmp_path / "in"
    Image.new("RGB", (8000, 7000), media.BLUE).save(source, "JPEG", progressive=True)

    with Image.open(squeeze(source, time_limit_s=20).path) as image:
        assert image.size == (2048, 1792)
        assert media.is_near(image.getpixel((1000, 700)), media.BLUE, by=6)


def test_what_is_too_empty_is_not_told_to_be_too_large(squeeze, tmp_path):
    source = tmp_path / "in"
    source.write_bytes(png_of_zeros(9000))

    with pytest.raises(LimitPixelsError, match="than so small a file can fill"):
        squeeze(source, time_limit_s=10)


def test_a_webp_is_refused_before_its_canvas_is_made(squeeze, tmp_path):
    source, buffer = tmp_path / "in", io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, "WEBP", lossless=True)
    data = bytearray(buffer.getvalue())
    at = data.index(b"VP8L") + 9
    data[at : at + 4] = struct.pack("<I", 16382 | 16382 << 14)
    source.write_bytes(data)

    with pytest.raises(LimitPixelsError):
        squeeze(source, time_limit_s=10)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_photo_of_more_pixels_than_its_bits_is_corrupt(squeeze, tmp_path, progressive):
    source, buffer = tmp_path / "in", io.BytesIO()
    media.photo((64, 64)).save(buffer, "JPEG", progressive=progressive)
    data = bytearray(buffer.getvalue())
    at = data.index(b"\xff\xc2" if progressive else b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", 9000, 9000)
    source.write_bytes(data)

    with pytest.raises(CorruptMediaError):
        squeeze(source, time_limit_s=10)


def test_a_photo_of_a_thousand_passes_is_refused(squeeze, tmp_path):
    source, buffer = tmp_path / "in", io.BytesIO()
    media.photo((640, 480)).convert("L").save(buffer, "JPEG", progressive=True)
    data = buffer.getvalue()
    empty_pass = b"\xff\xda\0\x08\x01\x01\0\x01\x01\x10\0"
    source.write_bytes(data[:-2] + empty_pass * 1000 + b"\xff\xd9")

    with pytest.raises(LimitFramesError):
        squeeze(source, time_limit_s=10)


def test_pages_without_end_are_not_counted(squeeze, tmp_path):
    source, buffer = tmp_path / "in", io.BytesIO()
    media.photo((64, 48)).save(buffer, "TIFF")
    data = bytearray(buffer.getvalue())
    first = int.from_bytes(data[4:8], "little")
    count = int.from_bytes(data[first : first + 2], "little")
    directory = bytes(data[first : first + 2 + 12 * count])
    link = first + 2 + 12 * count
    for _ in range(20_000):
        data[link : link + 4] = struct.pack("<I", len(data))
        link = len(data) + len(directory)
        data += directory + bytes(4)
    source.write_bytes(data)

    rendition = squeeze(source, time_limit_s=10)

    assert rendition.notes == (Note(NoteCode.FIRST_PAGE_KEPT),)


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_a_note_that_unpacks_to_a_gigabyte_is_never_unpacked(squeeze, tmp_path, kind):
    source, buffer = tmp_path / "in", io.BytesIO()
    media.photo((320, 240)).save(buffer, "PNG")
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    head = {b"zTXt": b"Key\0\0", b"iTXt": b"Key\0\1\0\0\0", b"iCCP": b"Key\0\0"}[kind]
    data = buffer.getvalue()
    source.write_bytes(data[:33] + chunk(kind, head + bomb) + data[33:])
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss

    with Image.open(squeeze(source, time_limit_s=10).path) as image:
        assert image.size == (320, 240)

    grown_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss - before
    assert grown_kb < 200 * 1024


def test_frames_are_counted_only_until_they_are_too_many(squeeze, tmp_path):
    source, buffer = tmp_path / "in", io.BytesIO()
    frames = [Image.new("L", (16, 16), number * 91) for number in range(2)]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=20, loop=0)
    data = buffer.getvalue()
    body = data[data.index(b"\x21\xf9") : -1]
    source.write_bytes(data[: data.index(b"\x21\xf9")] + body * LIMITS.max_animation_frames + b";")

    with pytest.raises(LimitFramesError):
        squeeze(source, time_limit_s=10)


def test_a_promised_avif_is_too_large_before_it_is_damaged(squeeze, tmp_path):
    source, buffer = tmp_path / "in", io.BytesIO()
    Image.new("RGB", (64, 48), media.BLUE).save(buffer, "AVIF", speed=10)
    data = bytearray(buffer.getvalue())
    at = data.index(b"ispe") + 8
    data[at : at + 8] = struct.pack(">II", 17_000, 17_000)
    source.write_bytes(data)

    with pytest.raises(LimitPixelsError):
        squeeze(source, time_limit_s=10)
