"""JPEG 2000, as scanners, archives and cameras of cinemas write it."""

import io
import re

import pytest
from PIL import Image

from errors import CorruptMediaError, UnsupportedMediaError
from harness.samples import media
from processing.image.structure.jpeg2000 import description
from processing.isobmff.boxes import box


def saved(image, **words):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG2000", **words)
    return buffer.getvalue()


@pytest.mark.parametrize("words", [{}, {"no_jp2": True}, {"irreversible": True}])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "LA"])
def test_it_comes_out_as_it_is_in_each_wrapping(squeeze, tmp_path, mode, words):
    source, scene = tmp_path / "in", media.quarters((400, 300)).convert(mode)
    if "A" in mode:
        scene.putalpha(128)
    source.write_bytes(saved(scene, **words))

    rendition = squeeze(source)

    with Image.open(rendition.path) as image:
        assert image.size == (400, 300)
        assert ("A" in image.mode) == ("A" in mode)
        for pixel, color in zip(
            media.corners(image.convert("RGB")), media.corners(scene.convert("RGB")), strict=True
        ):
            assert media.is_near(pixel, color, by=12)
    assert rendition.extension == "webp"


@pytest.mark.parametrize("levels", [1, 2, 6])
def test_a_large_one_is_shrunk_while_it_is_decoded(squeeze, tmp_path, levels):
    source, scene = tmp_path / "in", media.quarters((4500, 1500))
    source.write_bytes(saved(scene, num_resolutions=levels, quality_layers=[60]))

    with Image.open(squeeze(source).path) as image:
        assert image.size == (2048, 683)
        for pixel, color in zip(media.corners(image), media.corners(scene), strict=True):
            assert media.is_near(pixel, color, by=12)
    assert description(source.read_bytes()).levels == levels - 1


def test_its_colour_profile_counts(squeeze, tmp_path):
    source = tmp_path / "in"
    data = saved(media.quarters((200, 100)))
    old = box(b"colr", b"\1\0\0" + (16).to_bytes(4, "big"))
    at = data.index(old)
    header = data.index(b"jp2h") - 4
    new = box(b"colr", b"\2\0\0" + media.swapping_profile())
    length = int.from_bytes(data[header : header + 4], "big") + len(new) - len(old)
    data = data[:at] + new + data[at + len(old) :]
    source.write_bytes(data[:header] + length.to_bytes(4, "big") + data[header + 4 :])

    with Image.open(squeeze(source).path) as image:
        red, green, _ = image.convert("RGB").getpixel((10, 10))

    assert green > red


@pytest.mark.parametrize("share", [0.3, 0.9, 0.99])
def test_one_that_is_cut_off_is_corrupt(squeeze, tmp_path, share):
    source = tmp_path / "in"
    data = saved(media.photo((640, 480)), quality_layers=[10])
    source.write_bytes(data[: int(len(data) * share)])

    with pytest.raises(CorruptMediaError):
        squeeze(source)


def test_one_without_all_its_tiles_is_corrupt(squeeze, tmp_path):
    source = tmp_path / "in"
    data = saved(media.photo((600, 400)), tile_size=(200, 200))
    source.write_bytes(data)
    assert description(data).has_all_tiles
    squeeze(source)

    third = [each.start() for each in re.finditer(b"\xff\x90\0\x0a", data)][2]
    source.write_bytes(data[:third] + data[-2:])

    with pytest.raises(CorruptMediaError):
        squeeze(source)


def test_a_film_of_such_pictures_is_unsupported(squeeze, tmp_path):
    source = tmp_path / "in"
    source.write_bytes(saved(media.photo((64, 48))).replace(b"ftypjp2 ", b"ftypmjp2"))

    with pytest.raises(UnsupportedMediaError):
        squeeze(source)
