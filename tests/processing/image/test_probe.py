"""An image's facts can be had without decoding it, with the same refusals."""

import time

import pytest
from PIL import Image

from errors import CorruptMediaError, LimitPixelsError
from harness.samples import media
from processing.formats import identify
from processing.image.transcode import probe_image


def probed(source, work_dir):
    return probe_image(source, identify(source), work_dir, time.monotonic() + 30)


@pytest.mark.parametrize(
    "kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "HEIF", "AVIF", "JPEG2000"]
)
def test_every_format_tells_its_size(tmp_path, kind):
    source = tmp_path / "in"
    media.photo((160, 96)).save(source, kind)

    info = probed(source, tmp_path)

    assert (info.width, info.height, info.frames) == (160, 96, 1)
    assert info.size_bytes == source.stat().st_size
    assert list(tmp_path.iterdir()) == [source]


def test_an_animation_tells_its_frames(tmp_path):
    source = tmp_path / "in"
    frames = [Image.new("RGB", (64, 64), color) for color in (media.RED, media.BLUE)]
    frames[0].save(source, "GIF", save_all=True, append_images=frames[1:], loop=0)

    info = probed(source, tmp_path)

    assert (info.frames, info.loop) == (2, 0)


def test_a_header_without_an_image_is_refused_as_in_a_compression(tmp_path):
    source = tmp_path / "in"
    source.write_bytes(b"\x89PNG\r\n\x1a\n")

    with pytest.raises(CorruptMediaError):
        probed(source, tmp_path)


def test_too_many_pixels_are_refused_as_in_a_compression(tmp_path):
    source = tmp_path / "in"
    media.photo((64, 64)).save(source, "JPEG")
    data = bytearray(source.read_bytes())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    source.write_bytes(data)

    with pytest.raises(LimitPixelsError):
        probed(source, tmp_path)
