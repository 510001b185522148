"""HEIC and AVIF: the right one of several images, of any depth, whatever its boxes leave out."""

import io
import struct

import pytest
from PIL import Image
from pillow_heif import HeifFile, from_bytes, from_pillow

from errors import UnsupportedMediaError
from harness.samples import media

SCENE = [media.RED, media.GREEN, media.BLUE, media.YELLOW]


def shown(rendition):
    with Image.open(rendition.path) as image:
        return image.convert("RGBA")


def assert_is_the_scene(image, by=30):
    for pixel, color in zip(media.corners(image), SCENE, strict=True):
        assert media.is_near(pixel, color, by)


def noisy(size=(240, 160)):
    return Image.blend(media.quarters(size), media.photo(size), 0.05)


def collection(*colors, primary):
    heif = HeifFile()
    for color in colors:
        heif.add_from_pillow(
            Image.blend(Image.new("RGB", (160, 120), color), media.photo((160, 120)), 0.1)
        )
    buffer = io.BytesIO()
    heif.save(buffer, primary_index=primary, quality=90)
    return buffer.getvalue()


@pytest.mark.parametrize("primary", [0, 1, 2])
def test_of_a_collection_the_primary_image_is_taken_and_said_so(squeeze, tmp_path, primary):
    source = tmp_path / "in"
    colors = [media.RED, media.GREEN, media.BLUE]
    source.write_bytes(collection(*colors, primary=primary))

    rendition = squeeze(source)

    assert media.is_near(shown(rendition).getpixel((80, 60)), colors[primary])
    assert rendition.notes


@pytest.mark.parametrize("mode", ["RGBA", "RGB;10", "RGBA;10", "L"])
def test_heic_of_every_depth_is_read(squeeze, tmp_path, mode):
    source = tmp_path / "in"
    size = (240, 160)
    if mode.endswith("10"):
        bands = mode.split(";")[0]
        flat = noisy(size).convert(bands).tobytes()
        deep = b"".join((value << 2).to_bytes(2, "little") for value in flat)
        heif = from_bytes(mode=f"{bands};10", size=size, data=deep)
    else:
        heif = from_pillow(noisy(size).convert(mode))
    heif.save(source, quality=95)

    result = shown(squeeze(source))

    if mode != "L":
        assert_is_the_scene(result)
    assert result.size == size


@pytest.mark.parametrize(("brand", "codec"), [(b"mif1", "AVIF"), (b"mif1", "HEIF")])
def test_a_file_that_only_says_it_is_an_image_is_read_by_its_codec(squeeze, tmp_path, brand, codec):
    source, buffer = tmp_path / "in", io.BytesIO()
    noisy().save(buffer, codec, quality=95)
    data = bytearray(buffer.getvalue())
    end = int.from_bytes(data[:4], "big")
    data[8:12] = brand
    for at in range(16, end, 4):
        data[at : at + 4] = b"mif1"
    source.write_bytes(data)

    assert_is_the_scene(shown(squeeze(source)))


@pytest.mark.parametrize("brand", [b"jpeg", b"avci", b"vvic", b"jxl ", b"jp2 "])
def test_images_of_codecs_that_nobody_has_are_unsupported(squeeze, tmp_path, brand):
    source = tmp_path / "in"
    source.write_bytes(struct.pack(">I4s4sI4s", 20, b"ftyp", brand, 0, b"mif1") + bytes(64))

    with pytest.raises(UnsupportedMediaError):
        squeeze(source)


def test_a_heif_of_an_unknown_codec_is_unsupported_not_damaged(squeeze, tmp_path):
    source, buffer = tmp_path / "in", io.BytesIO()
    noisy().save(buffer, "HEIF")
    data = buffer.getvalue()
    for name in (b"hvc1", b"hvcC"):
        data = data.replace(name, b"zzz1")
    source.write_bytes(data)

    with pytest.raises(UnsupportedMediaError):
        squeeze(source)


def test_an_avif_whose_alpha_says_no_size_is_shown(squeeze, tmp_path):
    source, buffer = tmp_path / "in", io.BytesIO()
    image = noisy((200, 140)).convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 100, 70))
    image.save(buffer, "AVIF", quality=95)
    data = bytearray(buffer.getvalue())
    at = data.index(b"ipma") + 12
    for _ in range(2):  # the image's properties, then its alpha's
        count = data[at + 2]
        last, at = at, at + 3 + count
    data[last + 3] = data[last + 4]  # instead of its size, its bits per channel twice
    source.write_bytes(data)
    with pytest.raises(OSError, match="identify"):
        Image.open(io.BytesIO(data), formats=["AVIF"])

    result = shown(squeeze(source))

    assert result.size == (200, 140)
    assert result.getpixel((50, 35))[3] == 0
    assert result.getpixel((150, 100))[3] == 255


def test_an_image_cropped_by_its_file_is_cropped(squeeze, tmp_path):
    source, buffer = tmp_path / "in", io.BytesIO()
    noisy().save(buffer, "AVIF", quality=95)
    source.write_bytes(with_clean_aperture(buffer.getvalue(), (120, 80), (60, -40)))

    result = shown(squeeze(source))

    assert result.size == (120, 80)
    assert media.is_near(result.getpixel((60, 40)), media.GREEN)


def with_clean_aperture(data, size, offset):
    """The AVIF with its `pasp`-less property list grown by a clap box for the primary image."""
    box = struct.pack(">I4s8i", 40, b"clap", size[0], 1, size[1], 1, offset[0], 1, offset[1], 1)
    at = data.index(b"ipco") - 4
    end = at + int.from_bytes(data[at : at + 4], "big")
    links = data.index(b"ipma") - 4
    links_end = links + int.from_bytes(data[links : links + 4], "big")
    number = 0
    place = at + 8
    while place < end:
        place += int.from_bytes(data[place : place + 4], "big")
        number += 1
    count_at = links + 18
    grown = bytearray(data[:end] + box + data[end:links_end])
    grown[count_at + 40] += 1
    grown += bytes([0x80 | number + 1]) + data[links_end:]
    for name, more in ((b"ipco", 40), (b"iprp", 41), (b"ipma", 1), (b"meta", 41)):
        start = grown.index(name) - 4
        length = int.from_bytes(grown[start : start + 4], "big") + more
        grown[start : start + 4] = length.to_bytes(4, "big")
    place = grown.index(b"iloc") + 4
    extent = grown.index(struct.pack(">I", data.index(b"mdat") + 4), place)
    grown[extent : extent + 4] = struct.pack(">I", data.index(b"mdat") + 4 + 41)
    return bytes(grown)


def test_gray_of_the_range_of_films_is_neither_brighter_nor_duller(squeeze, tmp_path):
    source = tmp_path / "in"
    wedge = Image.linear_gradient("L").resize((2560, 1280))
    wedge.save(source, "AVIF", range="limited", quality=95, speed=10)

    with Image.open(squeeze(source, image_output="webp").path) as image:
        levels = [image.convert("L").getpixel((1000, y)) for y in (8, 512, 1016)]

    for level, stored in zip(levels, (2, 128, 254), strict=True):
        assert abs(level - stored) <= 4
