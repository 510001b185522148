"""Metadata is cut out of files while everything that is shown stays, byte for byte."""

import io
from itertools import pairwise

import pytest
from PIL import Image, ImageCms

from harness.samples import media
from processing.image.structure.cleaning import cleaned
from processing.isobmff.boxes import UntiledError
from processing.isobmff.mp4_scrub import scrub

SECRET = b"SecretPlace"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def colors(profile):
    """What a profile makes of some colours."""
    opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    tried = Image.new("RGB", (3, 1))
    tried.putdata([(200, 30, 60), (20, 120, 220), (90, 90, 90)])
    lab = ImageCms.createProfile("LAB")
    return ImageCms.profileToProfile(tried, opened, lab, outputMode="LAB").tobytes()


def saved(kind, **words):
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    buffer = io.BytesIO()
    media.photo((96, 64)).save(buffer, kind, exif=exif, icc_profile=PROFILE, **words)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("JPEG", {"comment": SECRET, "progressive": False}),
        ("JPEG", {"xmp": SECRET, "progressive": True}),
        ("JPEG", {"restart_marker_rows": 1, "dpi": (72, 72)}),
        ("PNG", {}),
        ("WEBP", {"xmp": SECRET}),
        ("WEBP", {"lossless": True}),
    ],
)
def test_pixels_and_profile_stay_and_the_rest_goes(kind, words):
    data = saved(kind, **words)
    assert SECRET in data

    result = cleaned(data + b"<?php trailer", kind.lower())

    assert SECRET not in result
    assert b"<?php" not in result
    assert len(result) <= len(data)
    with Image.open(io.BytesIO(result)) as after, Image.open(io.BytesIO(data)) as before:
        assert after.tobytes() == before.tobytes()
        assert colors(after.info["icc_profile"]) == colors(PROFILE)
        assert not dict(after.getexif())


def test_a_gif_keeps_its_loop_and_its_frames():
    buffer = io.BytesIO()
    first, *others = [media.photo((40, 30), seed=n).quantize(16) for n in range(3)]
    first.save(
        buffer, "GIF", save_all=True, append_images=others, loop=5, duration=70, comment=SECRET
    )

    result = cleaned(buffer.getvalue() + b"<?php", "gif")

    assert SECRET not in result
    assert result.endswith(b";")
    with Image.open(io.BytesIO(result)) as image:
        assert (image.n_frames, image.info["loop"]) == (3, 5)
        assert image.info["duration"] == 70


def test_nothing_hides_among_the_blocks_of_a_gif():
    buffer = io.BytesIO()
    first, *others = [media.photo((40, 30), seed=n).quantize(16) for n in range(3)]
    first.save(buffer, "GIF", save_all=True, append_images=others, loop=0, duration=70)
    data = buffer.getvalue()
    hidden = bytes([len(SECRET)]) + SECRET
    loop = data.index(b"NETSCAPE2.0") + 15
    timing = data.index(b"\x21\xf9\x04") + 7

    in_loop = cleaned(data[:loop] + hidden + data[loop:], "gif")
    in_timing = cleaned(data[:timing] + hidden + data[timing:], "gif")

    assert SECRET not in in_loop
    assert in_timing is None


def test_nothing_hides_inside_the_frames_of_a_webp():
    buffer = io.BytesIO()
    first, *others = [media.photo((40, 30), seed=n) for n in range(3)]
    first.save(buffer, "WEBP", save_all=True, append_images=others, loop=4, duration=70)
    data = buffer.getvalue()
    at = data.index(b"ANMF")
    hidden = b"EXIF" + len(SECRET + b"!").to_bytes(4, "little") + SECRET + b"!"
    size = int.from_bytes(data[at + 4 : at + 8], "little")
    end = at + 8 + size
    grown = data[: at + 4] + (size + len(hidden)).to_bytes(4, "little") + data[at + 8 : end]
    data = grown + hidden + data[end:]
    data = data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:]

    result = cleaned(data, "webp")

    assert SECRET not in result
    with Image.open(io.BytesIO(result)) as image:
        assert (image.n_frames, image.info["loop"]) == (3, 4)
        assert image.convert("RGB").tobytes() == Image.open(buffer).convert("RGB").tobytes()


def test_free_space_of_an_avif_is_emptied_and_other_boxes_are_not_handed_back():
    buffer = io.BytesIO()
    media.photo((96, 64)).save(buffer, "AVIF")
    data = buffer.getvalue()
    box = (8 + len(SECRET)).to_bytes(4, "big")

    assert SECRET not in cleaned(data + box + b"free" + SECRET, "avif")
    assert cleaned(data + box + b"uuid" + SECRET, "avif") is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_damaged_files_are_never_half_cleaned_into_something_longer_or_a_crash(kind):
    words = {"exif": b""} if kind == "GIF" else {}
    buffer = io.BytesIO()
    media.photo((48, 32)).save(buffer, kind, **words)
    data = buffer.getvalue()

    for end in range(0, len(data), 7):
        result = cleaned(data[:end], kind.lower())
        assert result is None or len(result) <= end


def test_an_avif_with_a_trailer_is_not_handed_back():
    silent = io.BytesIO()
    media.photo((96, 64)).save(silent, "AVIF")

    assert cleaned(silent.getvalue() + b"trailer" * 4, "avif") is None


def tagged_clip(tmp_path, *options):
    return media.clip(
        tmp_path / "tagged.mp4",
        options=(
            *("-metadata", "location=+52.5042+013.3687/", "-metadata", "title=SecretPlace"),
            *("-metadata", "creation_time=2024-05-06T07:08:09Z", *options),
        ),
    )


@pytest.mark.parametrize("options", [(), ("-movflags", "+faststart"), ("-f", "mov")])
def test_a_scrubbed_video_plays_the_same_at_the_same_size(tmp_path, options):
    source, target = tagged_clip(tmp_path, *options), tmp_path / "scrubbed.mp4"

    scrub(source, target)

    assert target.stat().st_size == source.stat().st_size
    assert SECRET not in target.read_bytes()
    assert b"+52.5042" not in target.read_bytes()
    assert "creation_time" not in str(media.ffprobe(target))
    before, after = tmp_path / "before.md5", tmp_path / "after.md5"
    media.ffmpeg("-i", source, "-f", "framemd5", before)
    media.ffmpeg("-i", target, "-f", "framemd5", after)
    assert after.read_bytes() == before.read_bytes()


def test_bytes_between_and_behind_the_boxes_are_blanked_or_refused(tmp_path):
    source, target = tagged_clip(tmp_path), tmp_path / "scrubbed.mp4"
    clean = source.read_bytes()
    source.write_bytes(clean + (8 + len(SECRET)).to_bytes(4, "big") + b"uuid" + SECRET)

    scrub(source, target)

    assert SECRET not in target.read_bytes()
    source.write_bytes(clean + b"<?php trailer")
    with pytest.raises(UntiledError):
        scrub(source, target)


def test_the_boxes_still_tile_the_file(tmp_path):
    source, target = tagged_clip(tmp_path), tmp_path / "scrubbed.mp4"

    scrub(source, target)

    data, starts, at = target.read_bytes(), [], 0
    while at < len(data):
        starts.append(at)
        at += int.from_bytes(data[at : at + 4], "big")
    assert at == len(data)
    assert all(a < b for a, b in pairwise(starts))
