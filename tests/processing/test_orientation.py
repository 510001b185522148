"""Pictures come out upright, turned exactly once, whatever the format that carries the turn."""

import pytest
from PIL import Image, ImageOps

from tests.processing import media

# What a camera held in each of EXIF's eight ways stores, so that turning it back gives the scene.
TO_STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def save_turned(path, orientation, kind, size=(240, 160)):
    scene = media.quarters(size)
    scene = Image.blend(scene, Image.effect_noise(size, 60).convert("RGB"), 0.1)
    turn = TO_STORED[orientation]
    stored = scene if turn is None else scene.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    words = {"quality": 95} if kind in {"JPEG", "WEBP", "HEIF", "AVIF"} else {}
    if kind == "HEIF":
        stored.info["exif"] = exif.tobytes()  # where this writer looks for the turn
    else:
        words["exif"] = exif
    stored.save(path, kind, **words)


@pytest.mark.parametrize(
    ("kind", "orientation"),
    [*(("JPEG", way) for way in range(1, 9)), ("PNG", 6), ("PNG", 2), ("TIFF", 6), ("TIFF", 5)],
)
def test_every_exif_orientation_is_applied_and_then_gone(squeeze, tmp_path, kind, orientation):
    source = tmp_path / "in"
    save_turned(source, orientation, kind)

    rendition = squeeze(source)

    with Image.open(rendition.path) as picture:
        assert picture.size == (240, 160)
        assert picture.getexif().get(0x0112, 1) == 1
        expected = [media.RED, media.GREEN, media.BLUE, media.YELLOW]
        for pixel, color in zip(media.corners(picture), expected, strict=True):
            assert media.is_near(pixel, color)


@pytest.mark.parametrize("kind", ["WEBP", "HEIF", "AVIF"])
def test_formats_that_turn_by_themselves_are_not_turned_twice(squeeze, tmp_path, kind):
    source = tmp_path / "in"
    save_turned(source, 6, kind, size=(320, 240))

    rendition = squeeze(source)

    with Image.open(rendition.path) as picture:
        shown = ImageOps.exif_transpose(picture)
        assert shown.size == (320, 240)
        assert media.is_near(media.corners(shown)[0], media.RED)
        assert media.is_near(media.corners(shown)[1], media.GREEN)
