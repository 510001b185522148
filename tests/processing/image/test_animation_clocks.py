"""Animations play as often, and as long, as they did."""

import struct

import pytest
from PIL import Image

from harness.samples import media
from processing.isobmff.avif_loop import plays_of


def moving(path, kind, count=6, **words):
    first, *others = [media.photo((96, 64), seed=number) for number in range(count)]
    first.save(path, kind, save_all=True, append_images=others, **{"duration": 100, **words})
    return path


@pytest.mark.parametrize(
    ("kind", "words", "plays"),
    [
        ("GIF", {}, 1),
        ("GIF", {"loop": 2}, 3),
        ("GIF", {"loop": 0}, 0),
        ("PNG", {"loop": 1}, 1),
        ("WEBP", {"loop": 4, "lossless": True}, 4),
    ],
)
def test_an_animation_plays_as_often_as_an_avif(squeeze, tmp_path, kind, words, plays):
    source = moving(tmp_path / "in", kind, **words)

    rendition = squeeze(source, image_output="avif")

    assert rendition.extension == "avif"
    data = rendition.path.read_bytes()
    lists = data.count(b"elst")
    flags = data[data.index(b"elst") + 7]
    (once,) = struct.unpack_from(">Q", data, data.index(b"elst") + 12)
    (whole,) = struct.unpack_from(">Q", data, data.index(b"tkhd") + 32)
    assert lists == 1
    assert once == 600
    assert flags == (plays != 1)
    assert whole == (once * plays or 0xFFFFFFFFFFFFFFFF)
    with Image.open(rendition.path) as image:
        assert image.n_frames == 6


@pytest.mark.parametrize("plays", [0, 1, 3])
def test_an_avif_that_is_made_a_webp_plays_as_often(squeeze, tmp_path, plays):
    as_gif = tmp_path / "gif"
    words = {} if plays == 1 else {"loop": max(0, plays - 1)}
    moving(as_gif, "GIF", **words)
    avif = tmp_path / "in"
    avif.write_bytes(squeeze(as_gif, image_output="avif").path.read_bytes())

    assert plays_of(avif.read_bytes()) == plays


@pytest.mark.parametrize("rate", [24, 60])
def test_durations_that_are_no_whole_milliseconds_do_not_add_up(squeeze, tmp_path, rate):
    source = moving(tmp_path / "in", "PNG", 24, duration=1000 / rate)

    with Image.open(squeeze(source, image_output="webp").path) as image:
        total = 0
        for number in range(image.n_frames):
            image.seek(number)
            image.load()
            total += image.info["duration"]

    assert abs(total - 24_000 / rate) <= 1
