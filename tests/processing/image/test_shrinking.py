"""What nothing makes smaller is never shrunk beyond reading, nor worked at in silence."""

import random

import pytest
from PIL import Image, ImageDraw, ImageFilter

from harness.samples import media
from notes import Note, NoteCode


def page(size):
    """Lines of type in two colours, on white."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for y in range(10, size[1] - 10, 14):
        ink = (200, 0, 0) if y % 3 else (0, 0, 0)
        draw.text((12, y), "The quick brown fox jumps over the lazy dog. " * 12, fill=ink)
    return image


def test_a_large_drawing_that_came_without_loss_stays_readable(squeeze, tmp_path):
    source = tmp_path / "in"
    page((2600, 1000)).save(source, "WEBP", lossless=True, quality=100, method=4)

    rendition = squeeze(source)

    with Image.open(rendition.path) as image:
        assert max(image.size) >= 1024
    assert rendition.size_bytes <= source.stat().st_size
    assert rendition.notes


@pytest.mark.parametrize(("size", "frames"), [((5000, 100), 1), ((3000, 2), 1), ((2500, 2500), 2)])
def test_a_plain_webp_of_a_few_bytes_is_no_failure_however_wide(squeeze, tmp_path, size, frames):
    source = tmp_path / "in"
    images = [Image.new("RGB", size, (200, 30 * number, 30)) for number in range(frames)]
    words = {"save_all": True, "append_images": images[1:], "duration": 100} if frames > 1 else {}
    images[0].save(source, "WEBP", lossless=True, **words)

    rendition = squeeze(source, profile="seed")

    assert rendition.size_bytes <= source.stat().st_size
    with Image.open(rendition.path) as image:
        assert image.width >= 1024
        assert getattr(image, "n_frames", 1) == frames


def test_a_still_that_is_tried_again_and_again_reports_each_try(squeeze, tmp_path, progress):
    source = tmp_path / "in"
    media.photo((320, 240)).save(source, "WEBP", quality=50, method=6)

    squeeze(source)

    shares = [each.percent for each in progress if each.stage == "encoding"]
    assert len(set(shares)) >= 3
    assert shares == sorted(shares)


def strokes(size):
    """Red strokes with soft edges, some of them half transparent."""
    chance = random.Random(4)
    alpha = Image.new("L", size, 0)
    draw = ImageDraw.Draw(alpha)
    for _ in range(60):
        ends = [chance.randrange(side) for side in (*size, *size)]
        draw.line(ends, fill=chance.randrange(60, 255), width=chance.randrange(4, 30))
    image = Image.new("RGB", size, (190, 30, 40))
    image.putalpha(alpha.filter(ImageFilter.GaussianBlur(3)))
    return image


def test_transparency_gives_way_before_the_picture_is_halved(squeeze, tmp_path):
    source, scene = tmp_path / "in", strokes((512, 512))
    scene.save(source, "HEIF", quality=85)

    rendition = squeeze(source)

    assert rendition.size_bytes < source.stat().st_size
    assert rendition.notes == (Note(NoteCode.QUALITY_LOWERED),)
    with Image.open(rendition.path) as image:
        assert image.size == (512, 512)
        pairs = zip(image.getchannel("A").tobytes(), scene.getchannel("A").tobytes(), strict=True)
        assert max(abs(one - other) for one, other in pairs) < 24


def test_a_transparency_that_nobody_sees_costs_nothing(squeeze, tmp_path):
    source, scene = tmp_path / "in", media.photo((400, 300))
    scene.putalpha(Image.effect_noise(scene.size, 1).point(lambda value: 252 + value % 4))
    scene.save(source, "PNG")

    with Image.open(squeeze(source).path) as image:
        assert image.mode == "RGB"
