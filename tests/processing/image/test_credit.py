"""The names of author and owner survive where that is asked for, and nothing else does."""

import io
import struct

import pytest
from PIL import Image

from harness.samples import media
from processing.image.structure.credit import Credit, with_credit

ARTIST, NOTICE = "Zoë Łukasz", "© 2024 Zoë, all rights reserved"
SECRET = "SecretPlace"


PLAIN = ("Zoe Lukasz", "(c) 2024 Zoe, all rights reserved")


def speaking_exif(artist, notice):
    exif = Image.Exif()
    exif[0x010E] = SECRET
    exif[0x0112] = 1
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 15.0)})
    # Pillow writes ASCII only; cameras and editors write UTF-8.
    artist, notice = artist.encode(), notice.encode()
    exif[0x013B], exif[0x8298] = "a" * len(artist), "n" * len(notice)
    block = exif.tobytes()
    return block.replace(b"a" * len(artist), artist).replace(b"n" * len(notice), notice)


def tags(path):
    with Image.open(path) as image:
        return {
            tag: value.encode("latin-1").decode() for tag, value in dict(image.getexif()).items()
        }


def save(source, kind, artist=ARTIST, notice=NOTICE, **words):
    exif = speaking_exif(artist, notice)
    image = media.photo((320, 240))
    if kind == "HEIF":
        image.info["exif"] = exif
        image.save(source, kind, **words)
    else:
        image.save(source, kind, exif=exif, **words)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_author_and_owner_are_kept_on_request_without_place_and_turn(squeeze, tmp_path, kind):
    source = tmp_path / "in"
    save(source, kind, *PLAIN, quality=95)

    rendition = squeeze(source, keep_copyright=True)

    assert tags(rendition.path) == dict(zip((0x013B, 0x8298), PLAIN, strict=True))
    assert SECRET.encode() not in rendition.path.read_bytes()
    assert rendition.size_bytes == rendition.path.stat().st_size


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_they_are_kept_in_the_senders_format_too(squeeze, tmp_path, kind):
    source = tmp_path / "in"
    save(source, kind, quality=95)

    rendition = squeeze(source, keep_copyright=True, image_output="keep")

    assert tags(rendition.path) == {0x013B: ARTIST, 0x8298: NOTICE}
    with Image.open(rendition.path) as image:
        assert image.format == kind
        image.load()


def test_they_are_kept_when_the_photo_comes_back_as_it_was(squeeze, tmp_path):
    source = tmp_path / "in"
    save(source, "JPEG", quality=12, optimize=True)

    rendition = squeeze(source, keep_copyright=True)

    assert rendition.passthrough_reason is not None
    assert tags(rendition.path) == {0x013B: ARTIST, 0x8298: NOTICE}
    assert SECRET.encode() not in rendition.path.read_bytes()
    assert rendition.size_bytes <= source.stat().st_size


def test_without_being_asked_for_nothing_is_kept(squeeze, tmp_path):
    source = tmp_path / "in"
    save(source, "JPEG", quality=95)

    assert tags(squeeze(source).path) == {}


def iptc(**fields):
    numbers = {"by_line": 80, "notice": 116, "city": 90}
    data = b"".join(
        b"\x1c\x02" + bytes([numbers[name]]) + struct.pack(">H", len(text)) + text
        for name, text in fields.items()
    )
    resource = b"8BIM" + struct.pack(">HHI", 0x0404, 0, len(data)) + data + b"\0" * (len(data) % 2)
    return b"Photoshop 3.0\0" + resource


def test_the_press_agencies_fields_count_where_exif_is_silent(squeeze, tmp_path):
    source, buffer = tmp_path / "in", io.BytesIO()
    media.photo((320, 240)).save(buffer, "JPEG", quality=95)
    notes = iptc(by_line=ARTIST.encode(), city=SECRET.encode(), notice=NOTICE.encode("latin-1"))
    data = buffer.getvalue()
    source.write_bytes(
        data[:2] + b"\xff\xed" + struct.pack(">H", len(notes) + 2) + notes + data[2:]
    )

    rendition = squeeze(source, keep_copyright=True)

    assert tags(rendition.path) == {0x013B: ARTIST, 0x8298: NOTICE}
    assert SECRET.encode() not in rendition.path.read_bytes()


def test_endless_and_unprintable_notices_are_cut_to_text(squeeze, tmp_path):
    source = tmp_path / "in"
    exif = Image.Exif()
    exif[0x013B] = "a\x00\x1b[31m\r\n<?php" + "b" * 5000
    media.photo((320, 240)).save(source, "JPEG", quality=95, exif=exif)

    artist = tags(squeeze(source, keep_copyright=True).path)[0x013B]

    assert len(artist) <= 1000
    assert artist.isprintable()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("AVIF", {}),
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_the_block_changes_no_pixel(kind, words, mode):
    buffer = io.BytesIO()
    image = media.photo((31, 17)).convert("RGB" if kind == "JPEG" else mode)
    image.save(buffer, kind, **words)

    result = with_credit(buffer.getvalue(), kind.lower(), Credit("A", "BCDE"))

    with Image.open(io.BytesIO(result)) as after, Image.open(buffer) as before:
        assert after.tobytes() == before.tobytes()
        assert after.mode == before.mode
        assert dict(after.getexif()) == {0x013B: "A", 0x8298: "BCDE"}


def test_they_are_kept_in_an_avif_with_transparency(squeeze, tmp_path):
    source = tmp_path / "in"
    image = media.photo((320, 240)).convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 100, 100))
    image.save(source, "PNG", exif=speaking_exif(*PLAIN))

    rendition = squeeze(source, keep_copyright=True, image_output="avif")

    assert tags(rendition.path) == dict(zip((0x013B, 0x8298), PLAIN, strict=True))
    with Image.open(rendition.path) as result:
        assert (result.format, result.mode) == ("AVIF", "RGBA")
        assert result.convert("RGBA").getpixel((50, 50))[3] == 0
