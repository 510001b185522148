"""Pixels that are not square are made so, where what says that they are not is to be believed."""

import io
import struct

import pytest
from PIL import Image

from harness.samples import media

SIZE = (240, 100)
FAX = (204, 98)  # dots to the inch, across and down
STRETCHED = (240, 208)


def assert_comes_out(rendition, size):
    with Image.open(rendition.path) as image:
        assert all(abs(a - b) <= 1 for a, b in zip(image.size, size, strict=True))
        for pixel, color in zip(
            media.corners(image), media.corners(media.quarters(SIZE)), strict=True
        ):
            assert media.is_near(pixel, color, by=20)


@pytest.mark.parametrize("kind", ["TIFF", "PNG", "JPEG", "BMP"])
def test_a_fax_is_as_high_as_it_was_on_paper(squeeze, tmp_path, kind):
    source = tmp_path / "in"
    media.quarters(SIZE).save(source, kind, dpi=FAX)

    assert_comes_out(squeeze(source), STRETCHED)


def test_pixels_higher_than_wide_make_it_wider(squeeze, tmp_path):
    source = tmp_path / "in"
    media.quarters(SIZE).save(source, "TIFF", dpi=(98, 204))

    assert_comes_out(squeeze(source), (500, 100))


@pytest.mark.parametrize("output", ["webp", "avif", "keep"])
def test_a_distorted_source_never_stands_in_for_the_result(squeeze, tmp_path, output):
    source = tmp_path / "in"
    media.quarters(SIZE).save(source, "JPEG", quality=20, dpi=FAX)

    rendition = squeeze(source, image_output=output)

    assert rendition.passthrough_reason is None


def test_a_fax_lying_on_its_side_is_stretched_along_the_paper(squeeze, tmp_path):
    source = tmp_path / "in"
    media.quarters(SIZE).save(source, "TIFF", dpi=FAX, tiffinfo={274: 6})

    with Image.open(squeeze(source).path) as image:
        assert image.size == (208, 240)


@pytest.mark.parametrize("dpi", [(72, 1), (300, 1), (300, 300), (302, 300)])
def test_what_no_scanner_says_is_not_believed(squeeze, tmp_path, dpi):
    source = tmp_path / "in"
    media.quarters(SIZE).save(source, "JPEG", dpi=dpi)

    assert_comes_out(squeeze(source), SIZE)


def test_a_shape_without_a_unit_is_not_heeded_as_in_browsers(squeeze, tmp_path):
    source = tmp_path / "in"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=240x100:d=0.04", "-vf", "setsar=4/3"),
        *("-frames:v", 1, "-f", "image2pipe", "-c:v", "mjpeg", source),
    )

    with Image.open(squeeze(source).path) as image:
        assert image.size == SIZE


def test_the_frames_of_a_gif_are_stretched_as_it_says(squeeze, tmp_path):
    source = tmp_path / "in"
    frames = [media.quarters(SIZE).rotate(turn) for turn in (0, 180)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=100)
    data = bytearray(buffer.getvalue())
    data[12] = 2 * 64 - 15
    source.write_bytes(data)

    with Image.open(squeeze(source).path) as image:
        assert image.size == (480, 100)
        assert image.n_frames == 2


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
def test_the_shape_in_a_box_is_heeded(squeeze, tmp_path, kind):
    source, buffer = tmp_path / "in", io.BytesIO()
    media.quarters(SIZE).save(buffer, kind)
    said = struct.pack(">I4sII", 16, b"pasp", 3, 2)
    other = buffer.getvalue().index(b"pixi") - 4
    source.write_bytes(buffer.getvalue()[:other] + said + buffer.getvalue()[other + 16 :])

    assert_comes_out(squeeze(source), (360, 100))
