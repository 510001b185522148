"""TIFFs of rarer kinds are read right, or refused as what they are."""

import io
import struct

import pytest
from PIL import Image, ImageChops, ImageCms, ImageStat, TiffImagePlugin

from errors import UnsupportedMediaError
from harness.samples import media
from notes import Note, NoteCode

SHORT, LONG = 3, 4


def tiff_of_deep_lab(scene, order):
    """`scene` as LAB of 16 bits a channel, its colours signed, as photographers' programs do."""
    lab = ImageCms.profileToProfile(
        scene, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    light, red, yellow = (band.tobytes() for band in lab.split())
    words = [
        value << 8
        for levels in zip(light, red, yellow, strict=True)
        for value in (levels[0], levels[1] ^ 128, levels[2] ^ 128)
    ]
    pixels = struct.pack(f"{order}{len(words)}H", *words)
    at = 8 + 2 + 9 * 12 + 4
    entries = [
        (256, LONG, 1, scene.width),
        (257, LONG, 1, scene.height),
        (258, SHORT, 3, at),
        (259, LONG, 1, 1),
        (262, LONG, 1, 8),
        (273, LONG, 1, at + 6),
        (277, LONG, 1, 3),
        (278, LONG, 1, scene.height),
        (279, LONG, 1, len(pixels)),
    ]
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HIH", 42, 8, len(entries))
    directory = b"".join(struct.pack(order + "HHII", *entry) for entry in entries) + bytes(4)
    return head + directory + struct.pack(order + "3H", 16, 16, 16) + pixels


@pytest.mark.parametrize("order", ["<", ">"])
def test_deep_lab_of_a_photographer_becomes_srgb(squeeze, tmp_path, order):
    source = tmp_path / "in"
    scene = media.quarters((120, 80))
    source.write_bytes(tiff_of_deep_lab(scene, order))

    with Image.open(squeeze(source).path) as image:
        shown = media.corners(image)

    for pixel, color in zip(shown, media.corners(scene), strict=True):
        assert media.is_near(pixel, color, by=12)


@pytest.mark.parametrize("compression", [50001, 34712, 34887])
def test_a_tiff_packed_in_a_way_that_is_not_read_is_no_damaged_one(squeeze, tmp_path, compression):
    source = tmp_path / "in"
    media.quarters((60, 40)).save(source, "TIFF")
    data = source.read_bytes()
    packing = data.index(struct.pack("<HHI", 259, SHORT, 1)) + 8
    source.write_bytes(data[:packing] + struct.pack("<I", compression) + data[packing + 4 :])

    with pytest.raises(UnsupportedMediaError):
        squeeze(source)


def tiff_of_deep_gray(order, bits, photometric, row, height):
    """A TIFF of one gray strip of 12 or 16 bits."""
    if bits == 12:
        pairs = zip(row[::2], row[1::2], strict=True)
        packed = b"".join((one << 12 | two).to_bytes(3, "big") for one, two in pairs)
    else:
        packed = struct.pack(f"{order}{len(row)}H", *row)
    data = packed * height
    entries = [
        *((256, LONG, 1, len(row)), (257, LONG, 1, height), (258, SHORT, 1, bits)),
        *((259, SHORT, 1, 1), (262, SHORT, 1, photometric), (273, LONG, 1, 8)),
        *((277, SHORT, 1, 1), (278, LONG, 1, height), (279, LONG, 1, len(data))),
    ]
    directory = struct.pack(order + "H", len(entries))
    for tag, kind, count, value in entries:
        short = struct.pack(order + "HH", value, 0)
        directory += struct.pack(order + "HHI", tag, kind, count)
        directory += short if kind == SHORT else struct.pack(order + "I", value)
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8 + len(data))
    return head + data + directory + bytes(4)


@pytest.mark.parametrize(("order", "bits"), [("<", 16), (">", 16), ("<", 12)])
@pytest.mark.parametrize("photometric", [0, 1])
def test_a_deep_scan_is_no_negative(squeeze, tmp_path, order, bits, photometric):
    ends = (0, 255) if photometric else (255, 0)
    source = tmp_path / "in"
    row = [((1 << bits) - 1) * x // 63 for x in range(64)]
    source.write_bytes(tiff_of_deep_gray(order, bits, photometric, row, 48))

    with Image.open(squeeze(source).path) as image:
        shown = image.convert("L")

    assert abs(shown.getpixel((0, 20)) - ends[0]) <= 6
    assert abs(shown.getpixel((63, 20)) - ends[1]) <= 6


@pytest.mark.parametrize("pixels", ["yuv444p", "yuv420p", "yuv422p", "yuv410p"])
def test_tv_colours_that_are_not_packed_look_as_packed_ones(squeeze, tmp_path, pixels):
    shown = []
    for packing in ("raw", "deflate"):
        source = tmp_path / packing
        media.ffmpeg(
            *("-f", "lavfi", "-i", "testsrc2=s=400x320:d=0.04", "-frames:v", 1),
            *("-pix_fmt", pixels, "-c:v", "tiff", "-compression_algo", packing),
            *("-f", "image2pipe", source),
        )
        with Image.open(squeeze(source).path) as image:
            shown.append(image.convert("RGB"))

    assert shown[0].size == (400, 320)
    assert max(ImageStat.Stat(Image.blend(*shown, 0.5)).stddev) > 40
    # One may be encoded without loss and the other with it: their sources differ in size.
    assert max(ImageStat.Stat(ImageChops.difference(*shown)).mean) < 4


def chained(*pages):
    """A TIFF of these pages, each an image and its kind by tag 254."""
    buffer = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(buffer) as file:
        for image, kind in pages:
            image.save(file, "TIFF", tiffinfo={254: kind})
            file.newFrame()
    return buffer.getvalue()


REDUCED, MASK, PAGE_OF_SEVERAL = 1, 4, 2


def test_a_small_copy_that_comes_first_is_not_taken_for_the_page(squeeze, tmp_path):
    source = tmp_path / "in"
    scene = media.quarters((600, 400))
    source.write_bytes(chained((Image.new("RGB", (60, 40)), REDUCED), (scene, 0)))

    rendition = squeeze(source)

    with Image.open(rendition.path) as image:
        assert image.size == (600, 400)
        assert media.is_near(media.corners(image)[0], media.corners(scene)[0], by=8)
    assert rendition.notes == ()


def test_the_smaller_copies_behind_a_page_are_no_further_pages(squeeze, tmp_path):
    source = tmp_path / "in"
    scene = media.quarters((600, 400))
    small = Image.new("RGB", (60, 40))
    source.write_bytes(chained((scene, 0), (small, REDUCED), (small, REDUCED | MASK)))

    assert squeeze(source).notes == ()


def test_a_page_that_says_it_is_a_copy_of_one_that_is_not_there_is_the_page(squeeze, tmp_path):
    source = tmp_path / "in"
    source.write_bytes(chained((media.quarters((300, 200)), REDUCED)))

    with Image.open(squeeze(source).path) as image:
        assert image.size == (300, 200)


def test_pages_of_a_document_are_told_to_be_left_out(squeeze, tmp_path):
    source = tmp_path / "in"
    page = media.quarters((300, 200))
    source.write_bytes(chained((page, PAGE_OF_SEVERAL), (page.copy(), PAGE_OF_SEVERAL)))

    assert squeeze(source).notes == (Note(NoteCode.FIRST_PAGE_KEPT),)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_a_fourth_channel_that_is_empty_everywhere_hides_nothing(squeeze, tmp_path, mode):
    source, scene = tmp_path / "in", media.quarters((300, 200)).convert(mode)
    scene.putalpha(0)
    scene.save(source, "TIFF")

    with Image.open(squeeze(source).path) as image:
        assert image.mode == "RGB"
        shown = media.corners(image)

    expected = media.corners(media.quarters((300, 200)).convert(mode[:-1]).convert("RGB"))
    for pixel, color in zip(shown, expected, strict=True):
        assert media.is_near(pixel, color, by=8)
