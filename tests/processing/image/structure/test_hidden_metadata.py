"""Nothing is left in an image that is handed back: not in its tables, gaps, or colour profile."""

import io
import struct
import zlib

import pytest
from PIL import Image, ImageCms, ImageSequence

from harness.samples import media
from processing.image.structure import png
from processing.image.structure.cleaning import cleaned

SECRET = b"SecretPlace"
XMP = b"<x:xmpmeta>SecretPlace</x:xmpmeta>"


def exif():
    tags = Image.Exif()
    tags[0x010E] = SECRET.decode()
    return tags


def saved(kind, mode="RGB", frames=1, **words):
    first, *others = [media.photo((96, 64), seed=number).convert(mode) for number in range(frames)]
    buffer = io.BytesIO()
    words |= {"save_all": True, "append_images": others, "duration": 80} if others else {}
    first.save(buffer, kind, **words)
    return buffer.getvalue()


def pixels(data):
    with Image.open(io.BytesIO(data)) as image:
        return [frame.convert("RGBA").tobytes() for frame in ImageSequence.Iterator(image)]


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("frames", [1, 3])
def test_an_avif_loses_its_notes_names_and_dates_and_no_pixel(mode, frames):
    data = saved("AVIF", mode, frames, exif=exif(), xmp=XMP)

    result = cleaned(data, "avif")

    assert SECRET in data
    assert SECRET not in result
    assert b"Color" not in result
    assert len(result) == len(data)
    assert pixels(result) == pixels(data)
    with Image.open(io.BytesIO(result)) as image:
        assert not image.info.get("exif")
        assert not image.info.get("xmp")
    for box in (b"mvhd", b"tkhd", b"mdhd") if frames > 1 else ():
        at = result.index(box) + 8
        assert result[at : at + 16] == bytes(16)


@pytest.mark.parametrize("frames", [1, 3])
def test_bytes_of_an_avif_that_no_image_is_made_of_are_blanked(frames):
    data = saved("AVIF", frames=frames)
    at = data.index(b"mdat") - 4
    size = int.from_bytes(data[at : at + 4], "big") + len(SECRET)
    data = data[:at] + size.to_bytes(4, "big") + data[at + 4 :] + SECRET

    result = cleaned(data, "avif")

    assert SECRET not in result
    assert pixels(result) == pixels(data)
    assert cleaned(result, "avif") == result


def talking_profile():
    """Colours of one's own, and the serial number of a screen."""
    profile = media.swapping_profile()
    count = int.from_bytes(profile[128:132], "big")
    table, content = profile[132 : 132 + 12 * count], profile[132 + 12 * count :]
    moved = b"".join(
        table[at : at + 4]
        + (int.from_bytes(table[at + 4 : at + 8], "big") + 12).to_bytes(4, "big")
        + table[at + 8 : at + 12]
        for at in range(0, len(table), 12)
    )
    end = 132 + 12 * (count + 1) + len(content)
    mine = b"mmod" + struct.pack(">2I", end, 8 + len(SECRET))
    whole = profile[:128] + struct.pack(">I", count + 1) + moved + mine + content
    whole += b"mmod" + bytes(4) + SECRET
    return len(whole).to_bytes(4, "big") + whole[4:]


def red_as_shown(data):
    with Image.open(io.BytesIO(data)) as image:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        tried = Image.new("RGB", (1, 1), (255, 0, 0))
        return ImageCms.profileToProfile(tried, profile, ImageCms.createProfile("sRGB")).getpixel(
            (0, 0)
        )


def unpacked(data):
    """With what a PNG packs its profile in taken off."""
    body = png.body(data, b"iCCP") if data.startswith(png.SIGNATURE) else None
    return zlib.decompress(body[body.index(b"\0") + 2 :]) if body else data


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_colour_profile_keeps_its_colours_and_nothing_else(kind):
    data = saved(kind, icc_profile=talking_profile())

    result = cleaned(data, kind.lower())

    assert SECRET in unpacked(data)
    assert SECRET not in unpacked(result)
    assert b"swap" not in unpacked(result)
    assert red_as_shown(result) == red_as_shown(data)
    assert pixels(result) == pixels(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_profile_that_says_nothing_new_or_is_none_is_left_out(kind):
    usual = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    for profile, keeps in ((usual, False), (SECRET * 40, True)):
        data = saved(kind, icc_profile=profile)
        result = cleaned(data, kind.lower(), keeps_profile=keeps)
        assert SECRET not in unpacked(result)
        assert len(result) < len(data)
        assert pixels(result) == pixels(data)
        with Image.open(io.BytesIO(result)) as image:
            assert "icc_profile" not in image.info


def test_a_profile_in_several_parts_stays_whole():
    profile = talking_profile()
    profile = profile[:128] + profile[128:].replace(b"mmod", b"A2B0", 1)
    profile += bytes(range(256)) * 500
    at = profile.index(b"A2B0") + 8
    grown = profile[:at] + (128_000).to_bytes(4, "big") + profile[at + 4 :]
    data = saved("JPEG", icc_profile=len(grown).to_bytes(4, "big") + grown[4:])

    result = cleaned(data, "jpeg")

    with Image.open(io.BytesIO(result)) as image:
        assert len(image.info["icc_profile"]) > 128_000
        assert bytes(range(256)) * 400 in image.info["icc_profile"]


def test_nothing_hides_in_chunks_that_are_longer_than_they_have_to_be():
    data = saved("PNG")
    end, head = data.index(b"IEND") - 4, len(png.SIGNATURE) + 25
    sized = png.chunk(b"pHYs", bytes(9) + SECRET)

    result = cleaned(data[:head] + sized + data[head:end] + png.chunk(b"IEND", SECRET), "png")

    assert SECRET not in result
    assert pixels(result) == pixels(data)


def test_nothing_hides_behind_a_printers_mark_nor_in_a_thumbnail():
    data = saved("JPEG")
    mark = b"Adobe" + bytes(7) + SECRET
    small = b"JFIF\0\1\1\0\0\1\0\1\2\2" + SECRET + b"!"
    marks = b"".join(
        marker + struct.pack(">H", 2 + len(body)) + body
        for marker, body in ((b"\xff\xee", mark), (b"\xff\xe0", small))
    )

    assert SECRET not in cleaned(data[:2] + marks + data[2:], "jpeg")


def test_a_damaged_chunk_that_colours_do_not_need_is_left_out(squeeze, tmp_path):
    source = tmp_path / "in"
    image = media.quarters((64, 48)).quantize(4)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    data, head = buffer.getvalue(), len(png.SIGNATURE) + 25
    damaged = png.chunk(b"gAMA", (45455).to_bytes(4, "big"))[:-1] + b"?"
    source.write_bytes(data[:head] + damaged + data[head:])

    rendition = squeeze(source, image_output="keep")

    assert rendition.size_bytes <= source.stat().st_size
    assert pixels(rendition.path.read_bytes()) == pixels(data)


def test_the_flags_of_notes_go_with_the_notes():
    data = saved("WEBP", exif=exif(), xmp=XMP)

    result = cleaned(data, "webp")

    assert data[20] & 0x0C == 0x0C
    assert result[20] & 0x0C == 0
