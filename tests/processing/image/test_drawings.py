"""Drawings, screenshots and scans stay sharp: type, edges and flat colours are not blurred."""

import random
import time

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from harness.samples import media
from order import Order
from processing.allowance import Allowance
from processing.image.info import ImageInfo
from processing.image.pixels.encoding import encoded_without_loss
from processing.image.plan import plan_image

PAPER, INK, LINK = (255, 255, 255), (20, 20, 20), (200, 0, 0)


def shown(rendition):
    with Image.open(rendition.path) as image:
        return image.convert("RGBA")


def difference(one, other):
    return ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean


def screenshot(size=(640, 400)):
    """A window with a smooth bar of thousands of colours, and small red type."""
    image = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(image)
    for x in range(size[0]):
        draw.line((x, 0, x, 39), fill=(60 + x * 100 // size[0], 90, 220 - x * 150 // size[0]))
    for line in range(22):
        ink = LINK if line % 2 else INK
        draw.text((12, 50 + line * 15), f"{line}: the quick brown fox jumps " * 3, fill=ink)
    return image


def line_drawing(size):
    source = random.Random(3)
    image = Image.new("1", size, 1)
    draw = ImageDraw.Draw(image)
    for _ in range(300):
        start = (source.randrange(size[0]), source.randrange(size[1]))
        end = (start[0] + source.randrange(-200, 200), start[1] + source.randrange(-200, 200))
        draw.line((*start, *end), fill=0, width=2)
    return image


def test_coloured_type_in_a_screenshot_is_not_blurred(squeeze, tmp_path):
    source = tmp_path / "in"
    image = screenshot()
    image.save(source, "PNG", compress_level=1)

    assert difference(shown(squeeze(source)), image) == [0, 0, 0]


def test_a_photo_in_a_png_is_not_taken_for_a_drawing(squeeze, tmp_path):
    source = tmp_path / "in"
    media.photo((640, 400)).save(source, "PNG")

    rendition = squeeze(source)

    assert rendition.size_bytes < source.stat().st_size / 4


def test_a_tiny_drawing_loses_nothing(squeeze, tmp_path):
    source = tmp_path / "in"
    flag = Image.new("RGB", (48, 32), (0, 80, 200))
    ImageDraw.Draw(flag).polygon((0, 0, 0, 31, 24, 16), fill=(230, 30, 30))
    flag.save(source, "PNG", compress_level=0)

    rendition = squeeze(source)

    assert rendition.extension == "webp"
    assert difference(shown(rendition), flag) == [0, 0, 0]


def test_a_large_scan_of_a_line_drawing_keeps_its_size(squeeze, tmp_path):
    source = tmp_path / "in"
    line_drawing((2300, 1200)).save(source, "PNG", optimize=True)

    rendition = squeeze(source)

    assert shown(rendition).size == (2048, 1069)
    assert rendition.size_bytes < source.stat().st_size


def test_colours_below_transparent_pixels_do_not_bleed_over_an_edge(squeeze, tmp_path):
    source = tmp_path / "in"
    image = Image.new("RGBA", (2400, 600), (0, 255, 0, 0))
    image.paste((220, 30, 30, 255), (800, 0, 1600, 600))
    image.save(source, "PNG")

    on_white = Image.new("RGBA", (2048, 512), "white")
    on_white.alpha_composite(shown(squeeze(source)))

    for x in range(2048):
        red, green, blue = on_white.getpixel((x, 128))[:3]
        assert green <= blue + 25, f"green at {x}: {red} {green} {blue}"


@pytest.mark.parametrize("output", ["keep", "avif"])
def test_grey_that_came_without_colour_is_stored_without(squeeze, tmp_path, output):
    source = tmp_path / "in"
    media.photo((320, 240)).convert("L").save(source, "JPEG", quality=97)

    with Image.open(squeeze(source, image_output=output).path) as image:
        assert image.mode == "L"


def test_transparency_that_hides_nothing_is_dropped(squeeze, tmp_path):
    source = tmp_path / "in"
    media.photo((320, 240)).convert("RGBA").save(source, "PNG")

    with Image.open(squeeze(source, image_output="avif").path) as image:
        assert image.mode == "RGB"


@pytest.mark.parametrize(
    ("size", "fitted"),
    [
        ((1, 1), (1, 1)),
        ((2, 1), (2, 1)),
        ((3, 700), (3, 700)),
        ((20, 17000), (19, 16383)),
        ((17000, 20), (16383, 19)),
    ],
)
def test_thin_and_tiny_images_keep_at_least_a_pixel(squeeze, tmp_path, size, fitted):
    source = tmp_path / "in"
    media.photo(size).save(source, "PNG")

    assert shown(squeeze(source)).size == fitted


def planned(image):
    facts = ImageInfo(
        format_name="png",
        size_bytes=1_000_000,
        width=image.width,
        height=image.height,
        orientation=1,
        frames=1,
        pages=1,
        loop=0,
        has_alpha=False,
        is_web_color=True,
    )
    return plan_image(facts, Order(), Allowance())


def test_a_large_photo_of_few_colours_is_not_tried_without_loss_for_seconds():
    grays = media.photo((1400, 1000)).convert("L")
    photo = Image.blend(grays, Image.effect_noise(grays.size, 60), 0.4).convert("RGB")
    plan = planned(photo)

    assert photo.getcolors(plan.lossless_up_to_colors) is not None
    began = time.process_time()
    assert encoded_without_loss(photo, plan) is None
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("size", [(1400, 1000), (16000, 26), (26, 16000), (12600, 32)])
def test_a_large_drawing_of_any_shape_is_tried_without_loss(size):
    drawing = line_drawing(size).convert("RGB")

    assert encoded_without_loss(drawing, planned(drawing)) is not None
