"""Images of every kind come out in the colours, with the transparency, that they went in with."""

import io

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from harness.samples import media
from notes import Note, NoteCode


def shown(rendition):
    with Image.open(rendition.path) as image:
        return image.convert("RGBA")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "HEIF", "AVIF"])
def test_every_image_format_becomes_webp_whatever_its_name(squeeze, tmp_path, kind):
    source = tmp_path / "lying.mp4"
    words = {"lossless": True} if kind == "WEBP" else {}
    media.photo((320, 240)).save(source, kind, quality=95, **words)

    rendition = squeeze(source)

    assert (rendition.extension, rendition.content_type) == ("webp", "image/webp")
    assert shown(rendition).size == (320, 240)
    assert rendition.size_bytes < source.stat().st_size


@pytest.mark.parametrize(
    ("output", "extension", "kind"),
    [("webp", "webp", "WEBP"), ("avif", "avif", "AVIF"), ("keep", "jpg", "JPEG")],
)
def test_the_output_format_is_a_choice(squeeze, tmp_path, output, extension, kind):
    source = tmp_path / "in"
    media.photo((320, 240)).save(source, "JPEG", quality=95)

    rendition = squeeze(source, image_output=output)

    assert rendition.extension == extension
    with Image.open(rendition.path) as image:
        assert image.format == kind


def test_what_browsers_cannot_show_is_not_kept(squeeze, tmp_path):
    source = tmp_path / "in"
    media.photo((320, 240)).save(source, "HEIF", quality=95)

    assert squeeze(source, image_output="keep").extension == "webp"


def test_a_small_image_is_never_enlarged_and_a_portrait_is_shrunk_by_its_height(squeeze, tmp_path):
    small, tall = tmp_path / "small", tmp_path / "tall"
    media.photo((101, 33)).save(small, "PNG")
    media.photo((1200, 4096)).save(tall, "JPEG", quality=90)

    assert shown(squeeze(small)).size == (101, 33)
    assert shown(squeeze(tall)).size == (600, 2048)


@pytest.mark.parametrize(
    ("profile", "size"), [("seed", (171, 2048)), ("balanced", (512, 6144)), ("lms720", (512, 6144))]
)
def test_a_page_photographed_in_one_piece_stays_readable(squeeze, tmp_path, profile, size):
    source = tmp_path / "in"
    media.photo((600, 7200)).save(source, "PNG")

    assert shown(squeeze(source, profile=profile)).size == size


def test_a_photo_is_recognisable_after_decoding_at_reduced_scale(squeeze, tmp_path):
    source = tmp_path / "in"
    media.quarters((4200, 2800)).save(source, "JPEG", quality=90)

    image = shown(squeeze(source))

    assert image.size == (2048, 1365)
    expected = [media.RED, media.GREEN, media.BLUE, media.YELLOW]
    for pixel, color in zip(media.corners(image), expected, strict=True):
        assert media.is_near(pixel, color, by=12)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_transparency_is_kept(squeeze, tmp_path, kind):
    source = tmp_path / "in"
    image = media.photo((300, 200)).convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 150, 200))
    image.save(source, kind, **({"lossless": True} if kind == "WEBP" else {}))

    result = shown(squeeze(source))

    assert result.getpixel((75, 100))[3] == 0
    assert result.getpixel((225, 100))[3] == 255


@pytest.mark.parametrize("mode", ["P", "L", "1"])
def test_one_colour_named_transparent_is_kept(squeeze, tmp_path, mode):
    source = tmp_path / "in"
    image = Image.new(mode, (64, 64), 0)
    image.paste(1 if mode == "P" else 255, (32, 0, 64, 64))
    image.save(source, "PNG", transparency=0, compress_level=0)

    result = shown(squeeze(source))

    assert result.getpixel((10, 32))[3] == 0
    assert result.getpixel((50, 32))[3] == 255


def test_a_cmyk_photo_is_shown_in_its_real_colours(squeeze, tmp_path):
    source = tmp_path / "in"
    scene = media.quarters((400, 300))
    scene.convert("CMYK").save(source, "JPEG", quality=95)

    for pixel, color in zip(
        media.corners(shown(squeeze(source))), media.corners(scene), strict=True
    ):
        assert media.is_near(pixel, color)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey_keeps_its_brightness(squeeze, tmp_path, kind):
    source = tmp_path / "in"
    ramp = Image.frombytes(
        "I;16", (256, 32), b"".join((x * 257).to_bytes(2, "little") for x in range(256)) * 32
    )
    ramp.save(source, kind)

    result = shown(squeeze(source))

    for x in (16, 128, 240):
        assert media.is_near(result.getpixel((x, 16)), (x, x, x), by=8)


def test_sixteen_bit_colour_keeps_its_colours(squeeze, tmp_path):
    plain, deep = tmp_path / "plain.png", tmp_path / "deep.png"
    media.quarters((120, 80)).save(plain)
    media.ffmpeg("-i", plain, "-pix_fmt", "rgb48be", deep)

    for pixel, color in zip(
        media.corners(shown(squeeze(deep))), media.corners(Image.open(plain)), strict=True
    ):
        assert media.is_near(pixel, color, by=2)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "HEIF"])
def test_colours_are_converted_by_their_profile_which_is_then_gone(squeeze, tmp_path, kind):
    source = tmp_path / "in"
    stored = media.quarters((200, 120))
    stored.save(source, kind, icc_profile=media.swapping_profile(), quality=95)

    rendition = squeeze(source)

    top_left, top_right, *_ = media.corners(shown(rendition))
    assert top_left[1] > 150 > top_left[0]
    assert top_right[0] > 150 > top_right[1]
    with Image.open(rendition.path) as image:
        assert "icc_profile" not in image.info


def test_lab_colours_become_srgb(squeeze, tmp_path):
    source = tmp_path / "in"
    lab = ImageCms.createProfile("LAB")
    srgb = ImageCms.createProfile("sRGB")
    scene = media.quarters((200, 120))
    ImageCms.profileToProfile(scene, srgb, lab, outputMode="LAB").save(source, "TIFF")

    result = shown(squeeze(source))

    for pixel, color in zip(media.corners(result), media.corners(scene), strict=True):
        assert media.is_near(pixel, color, by=12)


def test_grey_stays_grey(squeeze, tmp_path):
    source = tmp_path / "in"
    media.photo((300, 200)).convert("L").save(source, "JPEG", quality=97)

    red, green, blue, _ = shown(squeeze(source)).getpixel((150, 100))

    assert max(red, green, blue) - min(red, green, blue) <= 3


def test_only_the_first_page_of_a_tiff_is_taken_and_said_so(squeeze, tmp_path):
    source = tmp_path / "in"
    pages = [Image.new("RGB", (80, 60), color) for color in (media.RED, media.BLUE)]
    pages[0].save(source, "TIFF", save_all=True, append_images=pages[1:])

    rendition = squeeze(source)

    assert media.is_near(shown(rendition).getpixel((40, 30)), media.RED)
    assert rendition.notes == (Note(NoteCode.FIRST_PAGE_KEPT),)


def test_a_drawing_stays_sharp_because_no_quality_is_lost(squeeze, tmp_path):
    source = tmp_path / "in"
    drawing = Image.new("P", (400, 300), 0)
    drawing.putpalette([255, 255, 255, 200, 0, 0, 0, 0, 0] + [0] * (253 * 3))
    for x in range(0, 400, 5):
        drawing.paste(1 + x % 2, (x, 0, x + 1, 300))
    drawing.save(source, "BMP")

    with Image.open(squeeze(source).path) as result:
        assert result.convert("RGB").tobytes() == drawing.convert("RGB").tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_the_place_where_a_photo_was_taken_is_removed(squeeze, tmp_path, kind):
    source = tmp_path / "in"
    exif = Image.Exif()
    exif[0x010F] = "SecretCameraMaker"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 15.0), 3: "E", 4: (13.0, 22.0, 7.0)})
    words = {"pnginfo": PngImagePlugin.PngInfo()} if kind == "PNG" else {}
    if words:
        words["pnginfo"].add_text("Comment", "SecretCameraMaker")
    media.photo((320, 240)).save(source, kind, exif=exif, quality=95, **words)
    assert b"SecretCameraMaker" in source.read_bytes()

    rendition = squeeze(source)

    assert b"SecretCameraMaker" not in rendition.path.read_bytes()
    with Image.open(rendition.path) as image:
        assert not dict(image.getexif())


def test_bytes_after_the_image_do_not_survive(squeeze, tmp_path):
    source = tmp_path / "in"
    buffer = io.BytesIO()
    media.photo((320, 240)).save(buffer, "JPEG", quality=95, comment=b"<?php evil(); ?>")
    source.write_bytes(buffer.getvalue() + b"PK\x03\x04<?php evil(); ?>")

    assert b"<?php" not in squeeze(source).path.read_bytes()
