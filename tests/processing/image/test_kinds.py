"""Every way to hold an image in a file has its answer: alpha, depth, packing, pages, pairs."""

import io
import struct
import zlib

import pytest
from PIL import Image

from errors import CorruptMediaError, UnsupportedMediaError
from harness.samples import media
from processing.image.structure.png import SIGNATURE, chunk

SCENE = [media.RED, media.GREEN, media.BLUE, media.YELLOW]


def shown(rendition):
    with Image.open(rendition.path) as image:
        return image.convert("RGBA")


def assert_is_the_scene(image, by=30):
    for pixel, color in zip(media.corners(image), SCENE, strict=True):
        assert media.is_near(pixel, color, by)


def noisy(size=(240, 160)):
    return Image.blend(media.quarters(size), media.photo(size), 0.05)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "LA"), ("PNG", "P"), ("PNG", "RGBA"), ("TIFF", "LA"), ("TIFF", "RGBA")],
)
def test_half_transparent_stays_half_transparent(squeeze, tmp_path, kind, mode):
    source = tmp_path / "in"
    image = Image.new("RGBA", (90, 60), (200, 200, 200, 255))
    image.paste((200, 200, 200, 128), (30, 0, 60, 60))
    image.paste((200, 200, 200, 0), (60, 0, 90, 60))
    stored = image.quantize(8, Image.Quantize.FASTOCTREE) if mode == "P" else image.convert(mode)
    stored.save(source, kind, **({"compress_level": 0} if kind == "PNG" else {}))

    result = shown(squeeze(source))

    for x, alpha in ((15, 255), (45, 128), (75, 0)):
        assert abs(result.getpixel((x, 30))[3] - alpha) <= 4


def test_colours_do_not_bleed_out_of_what_is_transparent(squeeze, tmp_path):
    source = tmp_path / "in"
    image = Image.new("RGBA", (2400, 60), (255, 0, 0, 0))
    image.paste((0, 200, 0, 255), (1200, 0, 2400, 60))
    image.save(source, "PNG", compress_level=1)

    result = shown(squeeze(source))

    edge = [result.getpixel((x, 25)) for x in range(1018, 1032)]
    assert all(pixel[0] < 60 for pixel in edge if pixel[3] > 100)


def square_png(bits, color_type, row, key):
    """64 times the same row, and the value that is transparent."""
    header = struct.pack(">IIBBBBB", 64, 64, bits, color_type, 0, 0, 0)
    packed = zlib.compress((b"\0" + row) * 64, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"tRNS", key)
    return SIGNATURE + chunks + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_the_one_transparent_gray_of_any_depth_is_transparent(squeeze, tmp_path, bits):
    source = tmp_path / "in"
    key = {1: 1, 2: 2, 4: 9, 8: 77, 16: 0x4D21}[bits]
    near = {16: 0x4D20}.get(bits, key - 1)
    values = [key] * 32 + [near] * 32
    bits_of_row = "".join(f"{value:0{bits}b}" for value in values)
    row = int(bits_of_row, 2).to_bytes(len(bits_of_row) // 8, "big")
    source.write_bytes(square_png(bits, 0, row, struct.pack(">H", key)))

    result = shown(squeeze(source))

    assert result.getpixel((16, 32))[3] == 0
    assert result.getpixel((48, 32))[3] == 255


@pytest.mark.parametrize("bits", [8, 16])
def test_the_one_transparent_colour_of_any_depth_is_transparent(squeeze, tmp_path, bits):
    source = tmp_path / "in"
    form = ">3H" if bits == 16 else "3B"
    deep = (lambda value: value << 8 | 0x55) if bits == 16 else int
    key, other = [[deep(value) for value in color] for color in ((10, 200, 30), (90, 80, 70))]
    row = struct.pack(form, *key) * 32 + struct.pack(form, *other) * 32
    source.write_bytes(square_png(bits, 2, row, struct.pack(">3H", *key)))

    result = shown(squeeze(source))

    assert result.getpixel((16, 32))[3] == 0
    assert media.is_near(result.getpixel((48, 32)), (90, 80, 70), by=4)


def tiff(width, height, bits, sample_format, data):
    """A TIFF of one gray strip."""
    entries = [
        *((256, 3, 1, width), (257, 3, 1, height), (258, 3, 1, bits), (259, 3, 1, 1)),
        *((262, 3, 1, 1), (273, 4, 1, 8), (277, 3, 1, 1), (278, 3, 1, height)),
        *((279, 4, 1, len(data)), (339, 3, 1, sample_format)),
    ]
    directory = struct.pack("<H", len(entries))
    for tag, kind, count, value in entries:
        directory += struct.pack("<HHII", tag, kind, count, value)
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory + bytes(4)


@pytest.mark.parametrize(
    "case",
    [
        (32, 3, "<f", (0.0, 0.5, 1.0)),
        (32, 3, "<f", (0.0, 128.0, 255.0)),
        (32, 3, "<f", (-2.0, 0.0, 2.0)),
        (32, 2, "<i", (-1000, 0, 1000)),
        (16, 1, "<H", (0, 32896, 65535)),
        (16, 2, "<h", (-32768, 0, 32767)),
    ],
)
def test_numbers_of_every_kind_become_grays(squeeze, tmp_path, case):
    bits, sample_format, form, values = case
    source = tmp_path / "in"
    row = b"".join(struct.pack(form, value) * 20 for value in values)
    source.write_bytes(tiff(60, 40, bits, sample_format, row * 40))

    result = shown(squeeze(source))

    for x, gray in ((10, 0), (30, 128), (50, 255)):
        assert abs(result.getpixel((x, 20))[0] - gray) <= 4


def test_not_a_number_is_no_crash(squeeze, tmp_path):
    source = tmp_path / "in"
    values = [float("nan"), float("inf"), -1e38, 3.0] * 15
    source.write_bytes(tiff(60, 40, 32, 3, struct.pack("<60f", *values) * 40))

    assert shown(squeeze(source)).size == (60, 40)


def test_a_tiff_for_large_files_is_read(squeeze, tmp_path):
    source = tmp_path / "in"
    noisy().save(source, "TIFF", big_tiff=True)

    assert_is_the_scene(shown(squeeze(source)))


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_deflate", "packbits", "jpeg"])
def test_scans_are_read_however_they_are_packed(squeeze, tmp_path, compression):
    source = tmp_path / "in"
    noisy().save(source, "TIFF", compression=compression)

    assert_is_the_scene(shown(squeeze(source)))


@pytest.mark.parametrize("compression", ["group3", "group4"])
def test_a_fax_is_read(squeeze, tmp_path, compression):
    source = tmp_path / "in"
    page = Image.new("1", (320, 240), 1)
    page.paste(0, (0, 0, 160, 240))
    for y in range(0, 240, 2):
        page.paste(0, (160 + y % 150, y, 170 + y % 150, y + 1))
    page.save(source, "TIFF", compression=compression)

    result = shown(squeeze(source))

    assert result.getpixel((80, 120))[0] < 30
    assert result.getpixel((316, 239))[0] > 220


def test_a_tiff_of_floating_colours_is_no_damaged_one(squeeze, tmp_path):
    source = tmp_path / "in"
    data = tiff(60, 40, 32, 3, bytes(60 * 40 * 12))
    at = data.rindex(struct.pack("<HHII", 277, 3, 1, 1))
    source.write_bytes(data[: at + 8] + struct.pack("<I", 3) + data[at + 12 :])

    with pytest.raises(UnsupportedMediaError):
        squeeze(source)


@pytest.mark.parametrize(
    "words", [{"subsampling": 0}, {"subsampling": 1}, {"subsampling": "4:1:1"}]
)
@pytest.mark.parametrize("progressive", [False, True])
def test_photos_of_every_sampling_are_read(squeeze, tmp_path, words, progressive):
    source = tmp_path / "in"
    noisy().save(source, "JPEG", quality=95, progressive=progressive, **words)

    assert_is_the_scene(shown(squeeze(source)))


def test_a_photo_of_two_eyes_is_the_first_one(squeeze, tmp_path):
    source = tmp_path / "in"
    right = Image.new("RGB", (240, 160), media.BLUE)
    noisy().save(source, "MPO", save_all=True, append_images=[right], quality=95)

    rendition = squeeze(source)

    assert_is_the_scene(shown(rendition))
    with Image.open(rendition.path) as image:
        assert getattr(image, "n_frames", 1) == 1


def test_the_film_behind_a_motion_photo_is_left_out(squeeze, tmp_path):
    source = tmp_path / "in"
    buffer = io.BytesIO()
    noisy().save(buffer, "JPEG", quality=90)
    film = media.clip(tmp_path / "film.mp4", size="64x48", seconds=0.4).read_bytes()
    source.write_bytes(buffer.getvalue() + film)

    rendition = squeeze(source, image_output="keep")

    assert_is_the_scene(shown(rendition))
    assert b"ftyp" not in rendition.path.read_bytes()


def test_rubbish_in_front_of_a_photo_makes_it_unsupported(squeeze, tmp_path):
    source, buffer = tmp_path / "in", io.BytesIO()
    noisy().save(buffer, "JPEG")
    source.write_bytes(b"HTTP/1.1 200 OK\r\n\r\n" + buffer.getvalue())

    with pytest.raises(UnsupportedMediaError):
        squeeze(source)


def test_the_thumbnail_in_front_of_a_raw_photo_is_not_taken_for_it(squeeze, tmp_path):
    source, buffer = tmp_path / "in", io.BytesIO()
    noisy().save(buffer, "TIFF", tiffinfo={254: 1})
    source.write_bytes(buffer.getvalue() + bytes(2 * len(buffer.getvalue())))

    with pytest.raises(UnsupportedMediaError):
        squeeze(source)


def test_directories_that_lead_nowhere_are_corrupt(squeeze, tmp_path):
    source = tmp_path / "in"
    for first in (0, 4, 1 << 30):
        source.write_bytes(b"II*\0" + struct.pack("<I", first) + bytes(40))

        with pytest.raises(CorruptMediaError):
            squeeze(source)


def test_a_directory_that_leads_to_itself_is_one_page(squeeze, tmp_path):
    source = tmp_path / "in"
    data = tiff(60, 40, 16, 1, bytes(range(240)) * 20)
    source.write_bytes(data[:-4] + data[4:8])

    rendition = squeeze(source)

    assert shown(rendition).size == (60, 40)
    assert not rendition.notes


def test_a_gif_whose_first_frame_leaves_the_canvas_open_leaves_it_transparent(squeeze, tmp_path):
    source, buffer = tmp_path / "in", io.BytesIO()
    frame = noisy((60, 40)).quantize(16)
    frame.save(buffer, "GIF")
    data = bytearray(buffer.getvalue())
    data[6:10] = struct.pack("<HH", 120, 80)
    at = data.index(b"\x2c\0\0\0\0")
    data[at + 1 : at + 5] = struct.pack("<HH", 40, 30)
    source.write_bytes(data)

    result = shown(squeeze(source))

    assert result.size == (120, 80)
    assert [result.getpixel(place)[3] for place in ((10, 10), (110, 75), (70, 50))] == [0, 0, 255]


def test_an_animation_on_an_open_canvas_clears_it_to_transparent(squeeze, tmp_path):
    source, buffer = tmp_path / "in", io.BytesIO()
    first, second = (media.photo((200, 150), seed=number).quantize(64) for number in (1, 2))
    first.save(
        buffer, "GIF", save_all=True, append_images=[second], disposal=2, duration=100, loop=0
    )
    data = bytearray(buffer.getvalue())
    data[6:10] = struct.pack("<HH", 400, 300)
    at = data.rindex(b"\x2c\0\0\0\0")
    data[at + 1 : at + 5] = struct.pack("<HH", 200, 150)
    source.write_bytes(data)

    rendition = squeeze(source)

    assert rendition.extension == "webp"
    alphas = []
    with Image.open(rendition.path) as image:
        for number in range(2):
            image.seek(number)
            frame = image.convert("RGBA")
            alphas.append([frame.getpixel(place)[3] for place in ((50, 50), (390, 20), (300, 200))])
    assert alphas == [[255, 0, 0], [0, 0, 255]]
