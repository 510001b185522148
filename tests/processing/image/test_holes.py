"""Zeros where pixels of an image should be are damage, except where a whole one has them."""

import io

import pytest
from PIL import Image

from errors import CorruptMediaError
from harness.samples import media


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("WEBP", {"quality": 85}),
        ("WEBP", {"lossless": True}),
        ("HEIF", {"quality": 80}),
        ("AVIF", {"quality": 80, "speed": 10}),
        ("JPEG2000", {"quality_layers": [10]}),
    ],
    ids=str,
)
@pytest.mark.parametrize("share", [(0.4, 0.6), (0.55, 0.65), (0.8, 1.0)], ids=str)
def test_a_hole_of_zeros_is_damage_wherever_it_is(squeeze, tmp_path, kind, words, share):
    source = tmp_path / "in"
    buffer, size = io.BytesIO(), (640, 480)
    grain = Image.effect_noise(size, 90).convert("RGB")
    Image.blend(media.quarters(size), grain, 0.4).save(buffer, kind, **words)
    data = buffer.getvalue()
    start, end = (int(len(data) * each) for each in share)
    source.write_bytes(data[:start] + bytes(end - start) + data[end:])

    with pytest.raises(CorruptMediaError):
        squeeze(source)


@pytest.mark.parametrize("kind", ["WEBP", "HEIF", "AVIF", "JPEG2000"])
def test_a_large_plain_part_is_no_hole(squeeze, tmp_path, kind):
    source, scene = tmp_path / "in", Image.new("RGB", (1200, 1600), "white")
    scene.paste(media.photo((1200, 300)), (0, 0))
    scene.paste(media.photo((1200, 300), 2), (0, 1300))
    scene.save(source, kind)

    with Image.open(squeeze(source).path) as image:
        assert media.is_near(image.convert("RGB").getpixel((600, 800)), (255, 255, 255), by=6)
