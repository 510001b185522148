"""Thin coloured lines and type keep their colour, though formats store it at half the size."""

import pytest
from PIL import Image, ImageDraw, ImageStat

from harness.samples import media
from processing.image.pixels.sharp_webp import sharp_webp
from processing.image.pixels.thin_colors import has_thin_colors

SIZE = (480, 320)
RED = (254, 20, 20)


def plan_of_a_flat(*, is_grainy):
    """Thin red lines on black; with the grain of a camera it has more colours than a drawing."""
    image = Image.new("RGB", SIZE)
    if is_grainy:
        grain = Image.effect_noise(SIZE, 12).point(lambda value: max(0, value - 120))
        image = Image.merge("RGB", (grain, grain.rotate(90).resize(SIZE), grain.rotate(180)))
    draw = ImageDraw.Draw(image)
    for y in range(20, 300, 4):
        draw.line((20, y, 460, y), fill=RED)
    return image


def line_of(image):
    """The mean colour of the lines."""
    lines = [image.convert("RGB").crop((40, y, 440, y + 1)) for y in range(100, 200, 4)]
    means = [ImageStat.Stat(line).mean for line in lines]
    return [sum(band) / len(lines) for band in zip(*means, strict=True)]


@pytest.mark.parametrize(("output", "least_red"), [("webp", 200), ("avif", 235), ("keep", 235)])
def test_lines_in_a_photo_of_a_screen_stay_red(squeeze, tmp_path, output, least_red):
    source = tmp_path / "in"
    plan_of_a_flat(is_grainy=True).save(source, "JPEG", quality=97, subsampling=0)

    rendition = squeeze(source, image_output=output)

    with Image.open(rendition.path) as image:
        red, green, blue = line_of(image)
    assert rendition.passthrough_reason is None
    assert red > least_red
    assert max(green, blue) < 75


def test_transparent_lines_stay_red_too(squeeze, tmp_path):
    source, scene = tmp_path / "in", plan_of_a_flat(is_grainy=True)
    scene.putalpha(Image.effect_noise(SIZE, 20).point(lambda value: 120 + value // 4))
    scene.save(source, "PNG")

    with Image.open(squeeze(source).path) as image:
        assert image.mode == "RGBA"
        assert line_of(image)[0] > 200


def test_a_drawing_that_came_as_a_jpeg_is_drawn_again_without_loss(squeeze, tmp_path):
    source = tmp_path / "in"
    plan_of_a_flat(is_grainy=False).save(source, "JPEG", quality=98, subsampling=0)

    with Image.open(source) as sent, Image.open(squeeze(source).path) as image:
        assert image.convert("RGB").tobytes() == sent.convert("RGB").tobytes()


def test_a_photo_is_not_made_larger_for_its_soft_colours():
    assert has_thin_colors(plan_of_a_flat(is_grainy=True))
    assert not has_thin_colors(media.photo((640, 480)))
    assert not has_thin_colors(Image.new("L", (1, 1)))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_the_sharper_conversion_is_there_and_keeps_size_and_transparency(tmp_path, mode):
    scene = media.quarters((75, 51)).convert(mode)
    if mode == "RGBA":
        scene.putalpha(90)
    path = tmp_path / "made.webp"
    path.write_bytes(sharp_webp(scene, 80, 100, 4))

    with Image.open(path) as image:
        assert (image.size, image.mode) == (scene.size, mode)
        for pixel, color in zip(media.corners(image), media.corners(scene), strict=True):
            assert media.is_near(pixel, color, by=12)
