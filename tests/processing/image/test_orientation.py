"""Images come out upright, turned exactly once, whatever the format that carries the turn."""

import io
import struct

import pytest
from PIL import Image, ImageOps, PngImagePlugin

from harness.samples import media
from processing.image.structure.png import chunk

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
    words = {"quality": 95} if kind in {"JPEG", "MPO", "WEBP", "HEIF", "AVIF"} else {}
    if kind == "HEIF":
        stored.info["exif"] = exif.tobytes()  # where this writer looks for the turn
    else:
        words["exif"] = exif
    if kind == "MPO":
        words |= {"save_all": True, "append_images": [stored]}
    stored.save(path, kind, **words)


@pytest.mark.parametrize(
    ("kind", "orientation"),
    [("JPEG", way) for way in range(1, 9)],
)
def test_every_exif_orientation_is_applied_and_then_gone(squeeze, tmp_path, kind, orientation):
    source = tmp_path / "in"
    save_turned(source, orientation, kind)

    rendition = squeeze(source)

    with Image.open(rendition.path) as image:
        assert image.size == (240, 160)
        assert image.getexif().get(0x0112, 1) == 1
        expected = [media.RED, media.GREEN, media.BLUE, media.YELLOW]
        for pixel, color in zip(media.corners(image), expected, strict=True):
            assert media.is_near(pixel, color)


EXPECTED = [media.RED, media.GREEN, media.BLUE, media.YELLOW]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "HEIF", "AVIF", "MPO"])
def test_every_format_is_turned_in_every_way_and_only_once(squeeze, tmp_path, kind, orientation):
    source = tmp_path / "in"
    save_turned(source, orientation, kind)

    with Image.open(squeeze(source).path) as image:
        shown = ImageOps.exif_transpose(image)
        assert shown.size == (240, 160)
        for pixel, color in zip(media.corners(shown), EXPECTED, strict=True):
            assert media.is_near(pixel, color)


XMP = b"""<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF
xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description
xmlns:tiff='http://ns.adobe.com/tiff/1.0/' tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>"""


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF", "TIFF", "PNG"])
def test_a_turn_that_only_a_catalogue_knows_of_is_none(squeeze, tmp_path, kind):
    source = tmp_path / "in"
    scene = media.quarters((240, 160))
    words = {"tiffinfo": {700: XMP}} if kind == "TIFF" else {"xmp": XMP, "quality": 95}
    if kind == "PNG":
        words = {"pnginfo": PngImagePlugin.PngInfo()}
        words["pnginfo"].add_itxt("XML:com.adobe.xmp", XMP.decode())
    scene.save(source, kind, **words)

    with Image.open(squeeze(source).path) as image:
        assert image.size == (240, 160)
        assert media.is_near(media.corners(image)[0], media.RED)


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_what_the_notes_say_does_not_count_where_the_container_turns(squeeze, tmp_path, kind):
    source = tmp_path / "in"
    exif = Image.Exif()
    exif[0x0112] = 1
    buffer = io.BytesIO()
    scene = Image.blend(media.quarters((240, 160)), media.photo((240, 160)), 0.05)
    if kind == "HEIF":
        scene.info["exif"] = exif.tobytes()
        scene.save(buffer, kind, quality=95)
    else:
        scene.save(buffer, kind, quality=95, exif=exif)
    data = buffer.getvalue()
    noted = struct.pack(">HHIH", 0x0112, 3, 1, 1), struct.pack("<HHIH", 0x0112, 3, 1, 1)
    for entry in noted:
        turned = entry[:-2] + struct.pack(">H" if entry is noted[0] else "<H", 6)
        data = data.replace(entry, turned)
    source.write_bytes(data)

    with Image.open(squeeze(source).path) as image:
        shown = ImageOps.exif_transpose(image)
        assert shown.size == (240, 160)
        assert media.is_near(media.corners(shown)[0], media.RED)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_a_turn_that_does_not_exist_is_none(squeeze, tmp_path, orientation):
    source = tmp_path / "in"
    exif = Image.Exif()
    exif[0x0112] = orientation
    media.quarters((240, 160)).save(source, "JPEG", quality=95, exif=exif)

    with Image.open(squeeze(source).path) as image:
        assert image.size == (240, 160)
        assert media.is_near(media.corners(image)[0], media.RED)


def test_a_turn_that_a_png_tells_behind_its_pixels_counts(squeeze, tmp_path):
    source, buffer = tmp_path / "in", io.BytesIO()
    scene = Image.blend(media.quarters((240, 160)), media.photo((240, 160)), 0.05)
    scene.transpose(TO_STORED[6]).save(buffer, "PNG")
    exif = Image.Exif()
    exif[0x0112] = 6
    notes = chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    source.write_bytes(buffer.getvalue()[:-12] + notes + buffer.getvalue()[-12:])

    with Image.open(squeeze(source).path) as image:
        assert image.size == (240, 160)
        assert media.is_near(media.corners(image)[0], media.RED)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_scan_that_is_not_packed_is_not_skewed(squeeze, tmp_path, orientation):
    source = tmp_path / "in"
    save_turned(source, orientation, "TIFF", size=(33, 32))

    with Image.open(squeeze(source).path) as image:
        assert image.size == (33, 32)
        for pixel, color in zip(media.corners(image), EXPECTED, strict=True):
            assert media.is_near(pixel, color, by=60)
