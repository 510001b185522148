"""Animations keep their frames, their timing and their loops."""

import struct
import zlib

import pytest
from PIL import Image

from errors import LimitFramesError
from harness.samples import media
from processing.image.structure.png import SIGNATURE, chunk


def moving(count=6, size=(96, 64)):
    return [media.photo(size, seed=number) for number in range(count)]


def timing(path):
    """How long each frame is shown, in ms, and how often all of it is played; 0: for ever."""
    with Image.open(path) as image:
        image.load()
        durations = []
        for number in range(image.n_frames):
            image.seek(number)
            image.load()
            durations.append(image.info["duration"])
        return durations, image.info["loop"]


@pytest.mark.parametrize(("kind", "loop", "plays"), [("GIF", 0, 0), ("PNG", 3, 3), ("WEBP", 2, 2)])
def test_every_frame_its_duration_and_the_loop_are_kept(squeeze, tmp_path, kind, loop, plays):
    source = tmp_path / "in"
    first, *others = moving()
    durations = [100, 200, 50, 300, 120, 80]
    words = {"lossless": True} if kind == "WEBP" else {}
    first.save(
        source,
        kind,
        save_all=True,
        append_images=others,
        duration=durations,
        loop=loop,
        **words,
    )

    rendition = squeeze(source)

    assert rendition.extension == "webp"
    assert timing(rendition.path) == (durations, plays)
    assert rendition.size_bytes < source.stat().st_size


def test_a_gif_that_plays_once_plays_once_and_repeats_count_from_one(squeeze, tmp_path):
    once, thrice = tmp_path / "once", tmp_path / "thrice"
    first, *others = moving()
    first.save(once, "GIF", save_all=True, append_images=others, duration=100)
    first.save(thrice, "GIF", save_all=True, append_images=others, duration=100, loop=2)

    assert timing(squeeze(once).path)[1] == 1
    assert timing(squeeze(thrice).path)[1] == 3


def test_frames_without_a_duration_are_shown_for_a_tenth_of_a_second(squeeze, tmp_path):
    source = tmp_path / "in"
    first, *others = moving()
    first.save(source, "GIF", save_all=True, append_images=others, duration=0, loop=0)

    assert timing(squeeze(source).path)[0] == [100] * 6


def test_frames_that_replace_and_frames_that_overlay_look_as_they_did(squeeze, tmp_path):
    source = tmp_path / "in"
    frames = []
    for number in range(4):
        frame = Image.new("RGBA", (120, 80), (0, 0, 0, 0))
        frame.paste((*media.RED, 255), (number * 30, 20, number * 30 + 30, 60))
        frames.append(frame)
    frames[0].save(
        source, "GIF", save_all=True, append_images=frames[1:], duration=100, disposal=2, loop=0
    )

    with Image.open(squeeze(source).path) as image:
        for number in range(4):
            image.seek(number)
            shown = image.convert("RGBA")
            inside, before = (number * 30 + 15, 40), ((number * 30 + 105) % 120, 40)
            assert media.is_near(shown.getpixel(inside), media.RED)
            assert shown.getpixel(inside)[3] == 255
            assert shown.getpixel(before)[3] == 0


def test_large_frames_are_shrunk_all_of_them(squeeze, tmp_path):
    source = tmp_path / "in"
    first, *others = moving(3, (2100, 42))
    first.save(source, "GIF", save_all=True, append_images=others, duration=100, loop=0)

    with Image.open(squeeze(source).path) as image:
        assert image.size == (2048, 41)
        assert image.n_frames == 3


def test_the_stand_in_image_of_an_apng_is_not_a_frame(squeeze, tmp_path):
    source = tmp_path / "in"
    stand_in, *frames = moving(4)
    stand_in.save(
        source, "PNG", save_all=True, append_images=frames, default_image=True, duration=100
    )

    with Image.open(squeeze(source).path) as image:
        assert image.n_frames == 3


@pytest.mark.parametrize(("output", "kind"), [("avif", "AVIF"), ("keep", "GIF")])
def test_other_outputs_stay_animated(squeeze, tmp_path, output, kind):
    source = tmp_path / "in"
    first, *others = moving()
    first.save(source, "GIF", save_all=True, append_images=others, duration=100, loop=0)

    with Image.open(squeeze(source, image_output=output).path) as image:
        assert image.format == kind
        assert image.n_frames == 6


def test_thirty_thousand_frames_are_refused_before_they_are_decoded(squeeze, tmp_path):
    source = tmp_path / "in"
    frames = [Image.new("L", (16, 16), number * 37 % 256) for number in range(100)]
    frames[0].save(source, "GIF", save_all=True, append_images=frames[1:], duration=20, loop=0)
    data = source.read_bytes()
    head = 13 + (3 << ((data[10] & 7) + 1))
    source.write_bytes(data[:head] + data[head:-1] * 300 + b";")

    with pytest.raises(LimitFramesError):
        squeeze(source, time_limit_s=5)


def apng(path, frames, **words):
    frames[0].save(path, "PNG", save_all=True, append_images=frames[1:], duration=100, **words)
    return path


def test_half_transparent_pieces_of_an_apng_are_laid_over_what_is_there(squeeze, tmp_path):
    frames = [Image.new("RGBA", (64, 48), (0, 0, 255, 255)) for _ in range(2)]
    frames[1].paste((255, 0, 0, 128), (16, 12, 48, 36))
    source = apng(tmp_path / "in", frames, blend=1, disposal=0)

    with Image.open(squeeze(source).path) as image:
        image.seek(1)
        red, _, blue, alpha = image.convert("RGBA").getpixel((32, 24))
        assert alpha == 255
        assert min(red, blue) > 90


def test_what_an_apng_takes_back_is_gone(squeeze, tmp_path):
    green = Image.new("RGBA", (64, 48), (0, 160, 0, 255))
    red = green.copy()
    red.paste((220, 0, 0, 255), (16, 12, 48, 36))
    other = green.copy()
    other.paste((0, 0, 220, 255), (0, 0, 8, 8))
    source = apng(tmp_path / "in", [green, red, other], disposal=[0, 2, 0])

    with Image.open(squeeze(source).path) as image:
        image.seek(1)
        assert media.is_near(image.convert("RGB").getpixel((32, 24)), (220, 0, 0))
        image.seek(2)
        assert media.is_near(image.convert("RGB").getpixel((32, 24)), (0, 160, 0))
        assert media.is_near(image.convert("RGB").getpixel((3, 3)), (0, 0, 220))


def test_an_animated_avif_is_handed_on_because_nothing_makes_it_smaller(squeeze, tmp_path):
    source = tmp_path / "in"
    first, *others = moving()
    first.save(source, "AVIF", save_all=True, append_images=others, duration=100, quality=50)

    rendition = squeeze(source)

    assert rendition.extension == "avif"
    assert rendition.passthrough_reason == "already_compact"


def test_an_apng_with_a_stand_in_can_be_handed_back(squeeze, tmp_path):
    source = tmp_path / "in"
    frames = [Image.new("P", (8, 8), number) for number in range(3)]
    for frame in frames:
        frame.putpalette([0, 0, 0, 255, 0, 0, 0, 0, 255])
    apng(source, frames, default_image=True)

    rendition = squeeze(source)

    assert rendition.size_bytes <= source.stat().st_size
    with Image.open(rendition.path) as image:
        assert image.n_frames - bool(image.info.get("default_image")) == 2


@pytest.mark.parametrize(
    "case",
    [
        (0, 1, (1,), bytes([0b01010101] * 8)),
        (0, 2, (1,), bytes([0b11011101] * 16)),
        (0, 4, (9,), bytes([0x39] * 32)),
        (2, 16, (0x1234, 0x5678, 0x9ABC), struct.pack(">6H", 5, 5, 5, 0x1234, 0x5678, 0x9ABC) * 32),
    ],
)
def test_the_one_transparent_colour_of_an_apng_is_transparent(squeeze, tmp_path, case):
    color_type, bits, key, row = case
    source, pixels = tmp_path / "in", zlib.compress((b"\0" + row) * 32, 0)
    control = [struct.pack(">5I2H2B", number, 64, 32, 0, 0, 10, 100, 0, 0) for number in (0, 1)]
    source.write_bytes(
        SIGNATURE
        + chunk(b"IHDR", struct.pack(">2I5B", 64, 32, bits, color_type, 0, 0, 0))
        + chunk(b"acTL", struct.pack(">2I", 2, 0))
        + chunk(b"tRNS", struct.pack(f">{len(key)}H", *key))
        + chunk(b"fcTL", control[0])
        + chunk(b"IDAT", pixels)
        + chunk(b"fcTL", control[1])
        + chunk(b"fdAT", struct.pack(">I", 2) + pixels)
        + chunk(b"IEND", b"")
    )

    with Image.open(squeeze(source, image_output="webp").path) as image:
        shown = image.convert("RGBA")

    assert shown.getpixel((2, 16))[3] == 255
    assert shown.getpixel((3, 16))[3] == 0


def test_an_avif_may_be_transparent_in_some_frames_only(squeeze, tmp_path):
    frames = [frame.convert("RGBA") for frame in moving(3)]
    for frame in (frames[0], frames[2]):
        frame.paste((0, 0, 0, 0), (16, 16, 48, 48))
    source = apng(tmp_path / "in", frames, disposal=1, blend=0)

    rendition = squeeze(source, image_output="avif")

    assert rendition.extension == "avif"
    with Image.open(rendition.path) as image:
        seen = []
        for number in range(image.n_frames):
            image.seek(number)
            seen.append(image.convert("RGBA").getpixel((32, 32))[3])
    assert [alpha > 128 for alpha in seen] == [False, True, False]
