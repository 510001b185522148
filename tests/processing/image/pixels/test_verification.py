"""A result that is not what was planned is noticed before it is handed out."""

from dataclasses import replace

import pytest
from PIL import Image

from errors import CorruptMediaError, EncodingError
from harness.samples import media
from notes import Note, NoteCode
from order import Order
from processing.allowance import Allowance
from processing.image.info import ImageInfo
from processing.image.pixels.verification import verify_image
from processing.image.plan import plan_image
from processing.image.structure.credit import Credit, add_credit

INFO = ImageInfo(
    format_name="png",
    size_bytes=1_000_000,
    width=96,
    height=64,
    orientation=1,
    frames=1,
    pages=1,
    loop=0,
    has_alpha=False,
    is_web_color=True,
)
PLAN = plan_image(INFO, Order(), Allowance())


def result(path, frames=1, **words):
    first, *others = [media.photo((96, 64), seed=number) for number in range(frames)]
    words |= {"save_all": True, "append_images": others} if others else {}
    first.save(path, "WEBP", **words)
    return path


def exif():
    tags = Image.Exif()
    tags[0x010E] = "SecretPlace"
    return tags


def test_what_was_planned_passes(tmp_path):
    verify_image(result(tmp_path / "still"), "webp", PLAN)
    verify_image(result(tmp_path / "moving", 3), "webp", replace(PLAN, frames=3))


@pytest.mark.parametrize(
    ("frames", "words", "changes"),
    [
        (1, {}, {"width": 95}),
        (1, {}, {"height": 65}),
        (2, {}, {}),
        (4, {}, {"frames": 3}),
        (1, {"exif": exif()}, {}),
        (1, {"xmp": b"<x:xmpmeta/>"}, {}),
    ],
)
def test_a_wrong_size_a_frame_too_many_and_notes_are_caught(tmp_path, frames, words, changes):
    path = result(tmp_path / "out", frames, **words)

    with pytest.raises(EncodingError):
        verify_image(path, "webp", replace(PLAN, **changes))


def test_a_comment_and_half_a_file_are_caught(tmp_path):
    said, cut = tmp_path / "said", result(tmp_path / "cut")
    media.photo((96, 64)).save(said, "JPEG", comment=b"SecretPlace")
    cut.write_bytes(cut.read_bytes()[:-200])

    with pytest.raises(EncodingError):
        verify_image(said, "jpeg", PLAN)
    with pytest.raises((EncodingError, OSError, SyntaxError)):
        verify_image(cut, "webp", PLAN)


def test_a_notice_that_would_make_the_result_the_larger_one_is_left_out(tmp_path):
    path = result(tmp_path / "out")
    silent = path.read_bytes()

    said = add_credit(path, "webp", Credit(copyright="x" * 1000), len(silent) + 100)

    assert path.read_bytes() == silent
    assert said == (Note(NoteCode.CREDIT_LEFT_OUT),)


def test_a_compact_webp_that_is_damaged_inside_is_never_handed_on(squeeze, tmp_path):
    source = tmp_path / "in"
    media.photo((640, 480)).save(source, "WEBP", lossless=True, quality=0, method=0)
    data = bytearray(source.read_bytes())
    # Compact only for an image of so many more pixels: the header lies, the data end too soon.
    bits = int.from_bytes(data[21:25], "little")
    wide = (bits & ~0xFFFFFFF) | (4000 - 1) | ((4000 - 1) << 14)
    data[21:25] = wide.to_bytes(4, "little")
    source.write_bytes(data)

    with pytest.raises(CorruptMediaError):
        squeeze(source)
