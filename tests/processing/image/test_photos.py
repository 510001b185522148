"""Photos are decoded no larger than they are needed, whichever way they lie and are coloured."""

import pytest
from PIL import Image

from harness.samples import media
from notes import Note, NoteCode


def turned(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_large_photo_of_any_kind_is_shown_right(squeeze, tmp_path, mode, progressive):
    source = tmp_path / "in"
    scene = media.quarters((4200, 1200)).convert(mode)
    scene.save(source, "JPEG", quality=85, progressive=progressive)

    with Image.open(squeeze(source, profile="balanced").path) as image:
        assert image.size == (2048, 585)
        for pixel, color in zip(media.corners(image), media.corners(scene), strict=True):
            assert media.is_near(pixel, color)


@pytest.mark.parametrize("profile", ["seed", "balanced"])
def test_a_large_photo_that_lies_on_its_side_is_raised(squeeze, tmp_path, profile):
    source = tmp_path / "in"
    media.quarters((4200, 1200)).save(source, "JPEG", quality=85, exif=turned(6))

    with Image.open(squeeze(source, profile=profile).path) as image:
        assert image.size == (585, 2048)
        expected = [media.YELLOW, media.RED, media.GREEN, media.BLUE]
        for pixel, color in zip(media.corners(image), expected, strict=True):
            assert media.is_near(pixel, color)


def test_the_avif_of_a_photo_is_smaller_than_its_webp(squeeze, tmp_path):
    source = tmp_path / "in"
    media.photo((800, 600)).save(source, "JPEG", quality=95)

    sizes = {
        output: squeeze(source, profile="balanced", image_output=output).size_bytes
        for output in ("webp", "avif")
    }

    assert sizes["avif"] < sizes["webp"]


def test_a_second_attempt_makes_a_smaller_image_and_says_why(squeeze, tmp_path):
    source = tmp_path / "in"
    media.photo((2100, 1400)).save(source, "JPEG", quality=90)

    first, second, fourth = (squeeze(source, lighter_steps=number) for number in (0, 1, 3))

    with Image.open(fourth.path) as image:
        assert image.size == (1024, 683)
    assert not first.notes
    assert second.notes == fourth.notes
    assert second.notes == (Note(NoteCode.LIGHTER_VERSION),)
    assert first.size_bytes > second.size_bytes > fourth.size_bytes


def compact(path, kind, quality=30, size=(800, 600)):
    words = {"method": 4, "exif": turned(1).tobytes()} if kind == "WEBP" else {}
    media.photo(size).save(path, kind, quality=quality, **words)
    return path


@pytest.mark.parametrize(("kind", "output"), [("WEBP", "webp"), ("AVIF", "webp"), ("AVIF", "avif")])
def test_a_compact_photo_in_a_format_of_today_is_left_alone(squeeze, tmp_path, kind, output):
    source = compact(tmp_path / "in", kind, quality=20)

    rendition = squeeze(source, image_output=output)

    assert rendition.passthrough_reason == "already_compact"
    with Image.open(rendition.path) as after, Image.open(source) as before:
        assert after.tobytes() == before.tobytes()
        assert not after.getexif()


def test_a_compact_jpeg_becomes_webp_where_that_is_smaller(squeeze, tmp_path):
    source = tmp_path / "in"
    Image.linear_gradient("L").resize((900, 700)).convert("RGB").save(source, "JPEG", quality=50)

    assert squeeze(source).extension == "webp"
