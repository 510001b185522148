"""Damage inside a JPEG, which its decoder takes for a picture, is refused or told."""

import io

import pytest
from PIL import Image

from errors import CorruptMediaError
from harness.samples import media
from notes import NoteCode


def noisy(size=(640, 480)):
    return Image.blend(media.quarters(size), Image.effect_noise(size, 90).convert("RGB"), 0.4)


def saved(image, **words):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **{"quality": 85, **words})
    return buffer.getvalue()


def codes(rendition):
    return [note.code for note in rendition.notes]


@pytest.mark.parametrize("words", [{}, {"quality": 20}, {"restart_marker_rows": 1}], ids=str)
@pytest.mark.parametrize("share", [(0.3, 0.5), (0.5, 0.62)], ids=str)
def test_a_hole_in_the_middle_is_refused(squeeze, tmp_path, words, share):
    source = tmp_path / "in"
    data = saved(noisy(), **words)
    start, end = (int(len(data) * each) for each in share)
    source.write_bytes(data[:start] + bytes(end - start) + data[end:])

    with pytest.raises(CorruptMediaError):
        squeeze(source)


@pytest.mark.parametrize("words", [{}, {"restart_marker_rows": 1}], ids=str)
def test_a_middle_that_was_left_out_is_refused(squeeze, tmp_path, words):
    source = tmp_path / "in"
    data = saved(noisy(), **words)
    source.write_bytes(data[: len(data) // 2] + data[len(data) * 3 // 5 :])

    with pytest.raises(CorruptMediaError):
        squeeze(source)


@pytest.mark.parametrize("output", ["webp", "keep"])
@pytest.mark.parametrize("quality", [95, 20])
def test_a_little_that_was_left_out_is_told_whatever_is_handed_over(
    squeeze, tmp_path, quality, output
):
    source = tmp_path / "in"
    data = saved(noisy(), quality=quality)
    at = len(data) // 2
    source.write_bytes(data[:at] + data[at + len(data) // 50 :])

    assert NoteCode.PARTS_DAMAGED in codes(squeeze(source, image_output=output))


def test_a_lost_restart_marker_is_told(squeeze, tmp_path):
    source = tmp_path / "in"
    data = saved(noisy(), restart_marker_rows=1)
    at = data.index(b"\xff\xd3")
    source.write_bytes(data[:at] + b"\x11\x22" + data[at + 2 :])

    assert codes(squeeze(source)) == [NoteCode.PARTS_DAMAGED]


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"optimize": True},
        {"restart_marker_rows": 2},
        {"restart_marker_blocks": 7, "subsampling": 1},
        {"subsampling": 2},
        {"progressive": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("size", [(1, 1), (641, 479)], ids=str)
def test_a_whole_one_is_not_called_damaged(squeeze, tmp_path, mode, words, size):
    source = tmp_path / "in"
    source.write_bytes(saved(noisy(size).convert(mode), **words))

    assert codes(squeeze(source)) in (
        [],
        [NoteCode.QUALITY_LOWERED],
    )


@pytest.mark.parametrize("padding", [b"\0" * 500, b"\xff" * 40, b"\xff\0" * 20], ids=len)
def test_what_a_writer_padded_its_data_with_is_no_damage(squeeze, tmp_path, padding):
    source = tmp_path / "in"
    data = saved(noisy())
    source.write_bytes(data[:-2] + padding + data[-2:])

    assert codes(squeeze(source)) == []


def test_a_plain_one_is_zeros_and_no_damage(squeeze, tmp_path):
    source = tmp_path / "in"
    source.write_bytes(saved(Image.new("RGB", (3000, 2000), media.BLUE), optimize=True))

    assert codes(squeeze(source)) == []
