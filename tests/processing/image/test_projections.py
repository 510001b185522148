"""A panorama all around stays one: how it is projected is kept, of all that XMP says."""

import re

import pytest
from PIL import Image, PngImagePlugin

from harness.samples import media
from notes import Note, NoteCode
from processing.image.structure.projection import Projection, add_projection, projection_in

SECRET = b"SecretPlace"
PANORAMA = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/'
    b'22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
    b' xmlns:GPano="http://ns.google.com/photos/1.0/panorama/" exif:GPSLatitude="52,30N"'
    b' GPano:ProjectionType="equirectangular" GPano:FullPanoWidthPixels="4096"'
    b' GPano:FullPanoHeightPixels="2048" GPano:CroppedAreaLeftPixels="512"'
    b' GPano:PoseHeadingDegrees="77" GPano:PosePitchDegrees="-1.5"'
    b' GPano:FirstPhotoDate="2024-01-02T03:04:05Z" GPano:StitchingSoftware="SecretPlace">'
    b"<GPano:CroppedAreaTopPixels>256</GPano:CroppedAreaTopPixels></rdf:Description>"
    b"</rdf:RDF></x:xmpmeta>"
)
NUMBERS = {
    "FullPanoWidthPixels": 4096,
    "FullPanoHeightPixels": 2048,
    "CroppedAreaLeftPixels": 512,
    "CroppedAreaTopPixels": 256,
    "PosePitchDegrees": -1.5,
}


def save(source, kind, size):
    image = media.photo(size)
    if kind == "PNG":
        said = PngImagePlugin.PngInfo()
        said.add_itxt("XML:com.adobe.xmp", PANORAMA.decode())
        image.save(source, kind, pnginfo=said)
    elif kind == "TIFF":
        image.save(source, kind, tiffinfo={700: PANORAMA})
    else:
        image.save(source, kind, xmp=PANORAMA, quality=95)


def xmp_of(path):
    with Image.open(path) as image:
        said = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    return said if isinstance(said, bytes) else said.encode()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF", "TIFF"])
@pytest.mark.parametrize("output", ["webp", "avif"])
def test_the_projection_is_kept_and_nothing_else(squeeze, tmp_path, kind, output):
    source = tmp_path / "in"
    save(source, kind, (640, 320))

    rendition = squeeze(source, image_output=output)

    assert projection_in(xmp_of(rendition.path)) == Projection("equirectangular", NUMBERS)
    data = rendition.path.read_bytes()
    assert not re.search(rb"SecretPlace|GPS|2024|PoseHeading", data)
    assert NoteCode.PROJECTION_LEFT_OUT not in [note.code for note in rendition.notes]
    assert rendition.size_bytes == len(data) <= source.stat().st_size


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_kept_format_keeps_it(squeeze, tmp_path, kind):
    source = tmp_path / "in"
    save(source, kind, (640, 320))

    rendition = squeeze(source, image_output="keep")

    assert projection_in(xmp_of(rendition.path)) == Projection("equirectangular", NUMBERS)
    assert SECRET not in rendition.path.read_bytes()


def test_what_it_says_in_pixels_shrinks_with_the_image(squeeze, tmp_path):
    source = tmp_path / "in"
    save(source, "JPEG", (4096, 2048))

    said = projection_in(xmp_of(squeeze(source).path))

    assert said.numbers["FullPanoWidthPixels"] == 2048
    assert said.numbers["CroppedAreaTopPixels"] == 128
    assert said.numbers["PosePitchDegrees"] == -1.5


def test_where_there_is_no_room_for_it_that_is_told(tmp_path):
    path = tmp_path / "rendition.webp"
    media.quarters((64, 32)).save(path, "WEBP")
    silent = path.read_bytes()

    said = add_projection(path, "webp", Projection("equirectangular", NUMBERS), len(silent) + 100)

    assert said == (Note(NoteCode.PROJECTION_LEFT_OUT),)
    assert path.read_bytes() == silent


@pytest.mark.parametrize(
    "xmp", [b"", PANORAMA.replace(b"equirectangular", b"<script>"), PANORAMA[:250], b"\xff" * 99]
)
def test_other_xmp_is_no_projection(xmp):
    assert projection_in(xmp) is None


def test_a_number_that_is_none_is_left_out():
    odd = PANORAMA.replace(b'"4096"', b'"1e99"').replace(b'"512"', b'"5&quot;"')

    assert projection_in(odd).numbers.keys() == NUMBERS.keys() - {
        "FullPanoWidthPixels",
        "CroppedAreaLeftPixels",
    }
