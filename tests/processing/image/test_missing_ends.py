"""A file whose very end is missing is still shown, and said to be; more of a loss is refused."""

import io

import pytest
from PIL import Image, ImageChops, ImageStat

from errors import CorruptMediaError
from harness.samples import media
from notes import Note, NoteCode

SIZE = (320, 240)


def encoded(kind, mode="RGB", size=SIZE, **words):
    buffer = io.BytesIO()
    image = media.photo(size)
    image = image.quantize(64) if mode == "P" else image.convert(mode)
    image.save(buffer, kind, **words)
    return buffer.getvalue()


def difference(path, whole):
    """How far the shown image is from the whole one, on average over all pixels, 0 to 255."""
    with Image.open(path) as image, Image.open(io.BytesIO(whole)) as before:
        pair = image.convert("RGB"), before.convert("RGB")
    return max(ImageStat.Stat(ImageChops.difference(*pair)).mean)


def says_so(rendition):
    return Note(NoteCode.END_MISSING) in rendition.notes


KINDS = [
    ("JPEG", "RGB", {"quality": 92}),
    ("JPEG", "L", {"quality": 92}),
    ("JPEG", "RGB", {"quality": 92, "progressive": True}),
    ("JPEG", "RGB", {"quality": 92, "restart_marker_rows": 1}),
    ("JPEG", "CMYK", {"quality": 92}),
    ("PNG", "RGB", {}),
    ("PNG", "P", {}),
    ("PNG", "RGBA", {}),
    ("PNG", "1", {}),
    ("GIF", "P", {"interlace": 0}),
    ("BMP", "RGB", {}),
    ("TIFF", "RGB", {}),
]


@pytest.mark.parametrize("case", KINDS, ids=str)
@pytest.mark.parametrize("lost", [2, 24])
def test_a_few_lost_bytes_are_borne(squeeze, tmp_path, case, lost):
    kind, mode, words = case
    source, whole = tmp_path / "in", encoded(kind, mode, **words)
    source.write_bytes(whole[:-lost])

    rendition = squeeze(source)

    assert rendition.passthrough_reason is None
    assert difference(rendition.path, whole) < 8
    with Image.open(rendition.path) as image:
        assert image.size == SIZE


@pytest.mark.parametrize("case", KINDS, ids=str)
@pytest.mark.parametrize("kept", [0.5, 0.8])
def test_a_lost_part_is_refused(squeeze, tmp_path, case, kept):
    kind, mode, words = case
    if words.get("progressive"):
        kept = 0.5  # later, all of it has come but its finest detail
    source, whole = tmp_path / "in", encoded(kind, mode, **words)
    source.write_bytes(whole[: int(len(whole) * kept)])

    with pytest.raises(CorruptMediaError):
        squeeze(source)


def test_lost_rows_repeat_the_last_one_and_it_is_said(squeeze, tmp_path):
    source = tmp_path / "in"
    buffer = io.BytesIO()
    Image.blend(media.quarters((400, 400)), media.photo((400, 400)), 0.1).save(buffer, "JPEG")
    source.write_bytes(buffer.getvalue()[: int(len(buffer.getvalue()) * 0.98)])

    rendition = squeeze(source)

    assert says_so(rendition)
    with Image.open(rendition.path) as image:
        for x, color in ((100, media.YELLOW), (300, media.BLUE)):
            assert media.is_near(image.convert("RGB").getpixel((x, 399)), color)


def test_the_missing_end_marker_of_a_photo_costs_nothing(squeeze, tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.write_bytes(encoded("JPEG", quality=95))
    cut.write_bytes(whole.read_bytes()[:-2])

    one, other = squeeze(whole).path.read_bytes(), squeeze(cut).path.read_bytes()

    assert one == other


def test_a_photo_that_ends_in_zeros_is_refused_like_a_cut_one(squeeze, tmp_path):
    source, whole = tmp_path / "in", encoded("JPEG", quality=92)
    half = len(whole) // 2
    source.write_bytes(whole[:half] + bytes(half))

    with pytest.raises(CorruptMediaError):
        squeeze(source)


@pytest.mark.parametrize("words", [{}, {"restart_marker_rows": 2}])
def test_a_gray_half_is_refused_though_somebody_wrote_an_end_behind_it(squeeze, tmp_path, words):
    source, whole = tmp_path / "in", encoded("JPEG", quality=92, **words)
    source.write_bytes(whole[: len(whole) // 2] + b"\xff\xd9")

    with pytest.raises(CorruptMediaError):
        squeeze(source)


def test_a_gray_wall_is_no_damage(squeeze, tmp_path):
    source = tmp_path / "in"
    image = media.photo(SIZE)
    image.paste((128, 128, 128), (0, 100, *SIZE))
    image.save(source, "JPEG", quality=95)

    rendition = squeeze(source)

    assert not says_so(rendition)


def test_a_png_whose_end_was_filled_with_zeros_is_refused(squeeze, tmp_path):
    source, whole = tmp_path / "in", encoded("PNG")
    three_quarters = len(whole) * 3 // 4
    source.write_bytes(whole[:three_quarters] + bytes(len(whole) - three_quarters))

    with pytest.raises(CorruptMediaError):
        squeeze(source)


def test_a_damaged_note_is_no_damaged_image(squeeze, tmp_path):
    source, whole = tmp_path / "in", encoded("PNG")
    note = b"\0\0\0\x08zTXtKey\0\x77abc" + b"\0\0\0\0"  # an unknown packing, a wrong checksum
    source.write_bytes(whole[:33] + note + whole[33:])

    rendition = squeeze(source)

    assert difference(rendition.path, whole) < 8
    assert not says_so(rendition)


def test_unreadable_exif_is_no_damaged_image(squeeze, tmp_path):
    source, whole = tmp_path / "in", encoded("JPEG", quality=92)
    for junk in (b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0", b"Exif\0\0MM\0*" + b"\xff" * 40):
        segment = b"\xff\xe1" + (len(junk) + 2).to_bytes(2, "big") + junk
        source.write_bytes(whole[:2] + segment + whole[2:])

        assert difference(squeeze(source).path, whole) < 8


def test_an_animation_keeps_its_whole_frames_when_only_the_last_is_cut(squeeze, tmp_path):
    source, buffer = tmp_path / "in", io.BytesIO()
    first, *others = [media.photo((64, 48), seed=number).quantize(16) for number in range(24)]
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=100, loop=0)
    source.write_bytes(buffer.getvalue()[:-60])

    rendition = squeeze(source)

    with Image.open(rendition.path) as image:
        assert image.n_frames == 23
    assert says_so(rendition)


def test_a_short_animation_that_is_cut_is_refused(squeeze, tmp_path):
    source, buffer = tmp_path / "in", io.BytesIO()
    first, *others = [media.photo((64, 48), seed=number).quantize(16) for number in range(6)]
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=100, loop=0)
    source.write_bytes(buffer.getvalue()[:-900])

    with pytest.raises(CorruptMediaError):
        squeeze(source)


@pytest.mark.parametrize("rubbish", [b"\0", b"\r\n", b"PK\x03\x04 and more" * 100])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
def test_bytes_behind_the_end_do_not_matter(squeeze, tmp_path, kind, rubbish):
    source, whole = tmp_path / "in", encoded(kind, "P" if kind == "GIF" else "RGB")
    source.write_bytes(whole + rubbish)

    rendition = squeeze(source)

    assert difference(rendition.path, whole) < 8
    assert not says_so(rendition)


COMPACT = [
    ("WEBP", {"quality": 60}, "webp"),
    ("AVIF", {"quality": 50, "speed": 10}, "webp"),
    ("JPEG", {"quality": 50}, "keep"),
    ("JPEG", {"quality": 50, "progressive": True}, "keep"),
]


def compact(kind, **words):
    return encoded(kind, size=(1024, 768), **words)


@pytest.mark.parametrize(("kind", "words", "output"), COMPACT)
def test_what_is_compact_and_whole_is_handed_back(squeeze, tmp_path, kind, words, output):
    source = tmp_path / "in"
    source.write_bytes(compact(kind, **words))

    assert squeeze(source, image_output=output).passthrough_reason == "already_compact"


@pytest.mark.parametrize("case", COMPACT, ids=str)
@pytest.mark.parametrize(
    ("lost", "filling"),
    [(0.02, b"")] + [(lost, byte) for lost in (0.1, 0.4, 0.7) for byte in (b"", b"\0")],
)
def test_what_is_compact_and_damaged_is_never_handed_back(squeeze, tmp_path, case, lost, filling):
    kind, words, output = case
    source, whole = tmp_path / "in", compact(kind, **words)
    lost_bytes = int(len(whole) * lost)
    source.write_bytes(whole[:-lost_bytes] + filling * lost_bytes)

    try:
        rendition = squeeze(source, image_output=output)
    except CorruptMediaError:
        return

    assert rendition.passthrough_reason is None
    assert says_so(rendition)


@pytest.mark.parametrize("quality", [60, 100])
def test_a_webp_that_ends_in_plain_rows_is_no_broken_copy(squeeze, tmp_path, quality):
    source = tmp_path / "in"
    image = Image.new("RGB", (1024, 1024), "white")
    image.paste(media.photo((1024, 200)), (0, 0))
    image.save(source, "WEBP", quality=quality, method=0)

    with Image.open(squeeze(source).path) as shown:
        assert shown.size == (1024, 1024)


def test_a_webp_of_upright_stripes_ends_in_zeros_and_is_whole(squeeze, tmp_path):
    source, scene = tmp_path / "in", Image.new("RGB", (3000, 2400), "white")
    for x in range(0, 3000, 300):
        scene.paste((0, 0, 0), (x, 0, x + 1, 2400))
    scene.save(source, "WEBP", quality=82)
    assert source.read_bytes().endswith(bytes(200))

    with Image.open(squeeze(source).path) as image:
        assert image.width == 2048


@pytest.mark.parametrize("lossless", [False, True])
def test_a_program_behind_a_webp_is_not_taken_for_a_part_of_it(squeeze, tmp_path, lossless):
    source = tmp_path / "in"
    whole = encoded("WEBP", lossless=lossless)
    source.write_bytes(whole + b"\x7fELF" + b"\xff\xff\xff\x7f" * 100)

    rendition = squeeze(source)

    assert b"\x7fELF" not in rendition.path.read_bytes()
    assert difference(rendition.path, whole) < 8
