"""What is coded in a way that no decoder here knows is told so, and is not called damaged."""

import io

import pytest

from errors import UnsupportedMediaError
from harness.samples import media
from processing.image.structure.png import SIGNATURE, chunk


def saved(kind, **words):
    buffer = io.BytesIO()
    media.photo((160, 96)).save(buffer, kind, **words)
    return bytearray(buffer.getvalue())


def of_twelve_bits():
    data = saved("JPEG")
    data[data.index(b"\xff\xc0") + 4] = 12
    return data


def of_two_channels():
    data = saved("JPEG")
    data[data.index(b"\xff\xc0") + 9] = 2
    return data


def in_steps_of_size():
    data = saved("JPEG")
    data[data.index(b"\xff\xc0") + 1] = 0xC5
    return data


def bitmap_around_a_jpeg():
    data = saved("BMP")
    data[30] = 4
    return data


def apples_png():
    data = saved("PNG")
    return SIGNATURE + chunk(b"CgBI", b"\x50\0\x20\x02") + data[8:]


def avif_of_another_codec():
    return saved("AVIF").replace(b"av01", b"vvc1").replace(b"av1C", b"vvcC")


def heic_of_another_codec():
    return saved("HEIF").replace(b"hvc1", b"vvc1").replace(b"hvcC", b"vvcC")


@pytest.mark.parametrize(
    "make",
    [
        of_twelve_bits,
        of_two_channels,
        in_steps_of_size,
        bitmap_around_a_jpeg,
        apples_png,
        avif_of_another_codec,
        heic_of_another_codec,
    ],
)
def test_a_rare_coding_is_no_damage(squeeze, tmp_path, make):
    source = tmp_path / "in"
    source.write_bytes(make())

    with pytest.raises(UnsupportedMediaError, match="coded in a way"):
        squeeze(source)


def test_a_jpeg_without_loss_is_no_damage(squeeze, tmp_path):
    source = tmp_path / "in"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=96x64:d=0.04", "-frames:v", 1, "-pix_fmt", "bgr24"),
        *("-c:v", "ljpeg", "-f", "image2pipe", source),
    )

    with pytest.raises(UnsupportedMediaError, match="coded in a way"):
        squeeze(source)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\xff\x0a\xfa\x1f", "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"8BPS\0\x01", "Photoshop"),
        (b"II*\0\x10\0\0\0CR\x02\0", "raw"),
        (b"%PDF-1.7", "PDF"),
    ],
)
def test_a_known_format_that_is_not_read_is_named(squeeze, tmp_path, head, name):
    source = tmp_path / "in"
    source.write_bytes(head.ljust(400, b"\1"))

    with pytest.raises(UnsupportedMediaError, match=name):
        squeeze(source)
