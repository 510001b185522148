"""Whatever words an image has for its colours, they come out as they were meant, in sRGB."""

import io
import struct
import zlib

import pytest
from PIL import Image, ImageCms

from harness.samples import media
from processing.image.structure.icc_profile import Space, profile
from tests.processing.image import profiles

D65 = (0.3127, 0.3290)
SPACES = {
    "Display P3": Space(D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    "Adobe RGB": Space(D65, (0.640, 0.330), (0.210, 0.710), (0.150, 0.060), 2.2),
    "ProPhoto": Space((0.3457, 0.3585), (0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001), 1.8),
    "BT.2020": Space(D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    "linear": Space(D65, (0.640, 0.330), (0.300, 0.600), (0.150, 0.060), 1.0),
}
SCENE = media.quarters((200, 120))
SRGB = ImageCms.createProfile("sRGB")
P3, ADOBE = SPACES["Display P3"], SPACES["Adobe RGB"]


def shown(rendition):
    with Image.open(rendition.path) as image:
        return image.convert("RGB")


def stored_in(space):
    target = ImageCms.ImageCmsProfile(io.BytesIO(profile(space)))
    return ImageCms.profileToProfile(SCENE, SRGB, target, renderingIntent=1)


def assert_is_the_scene(image, by=10):
    for pixel, color in zip(media.corners(image), media.corners(SCENE), strict=True):
        assert media.is_near(pixel, color, by)


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_every_wide_or_odd_space_is_converted_by_its_profile(squeeze, tmp_path, kind, name):
    source = tmp_path / "in"
    words = {"lossless": True} if kind == "WEBP" else {"quality": 95}
    stored_in(SPACES[name]).save(source, kind, icc_profile=profile(SPACES[name]), **words)

    rendition = squeeze(source)

    # A handed-back image keeps the profile that it is right with.
    with Image.open(rendition.path) as image:
        kept = image.info.get("icc_profile")
        result = image.convert("RGB")
    if kept:
        kept = ImageCms.ImageCmsProfile(io.BytesIO(kept))
        result = ImageCms.profileToProfile(result, kept, SRGB)
    assert_is_the_scene(result, by=20)  # 8 bits of linear light are few for the darks


def test_a_profile_is_judged_by_what_it_does_not_by_its_name(squeeze, tmp_path):
    source = tmp_path / "in"
    lying = media.swapping_profile().replace(b"swap", b"sRGB")
    SCENE.save(source, "PNG", icc_profile=lying, compress_level=0)

    top_left, *_ = media.corners(shown(squeeze(source)))

    assert top_left[1] > 150 > top_left[0]


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_gray_is_converted_by_its_own_profile(squeeze, tmp_path, mode):
    source = tmp_path / "in"
    gray = Image.new(mode, (80, 60), 128 if mode == "L" else (128, 255))
    gray.save(source, "PNG", icc_profile=profiles.gray(1.0), compress_level=0)

    assert media.is_near(shown(squeeze(source)).getpixel((40, 30)), (188, 188, 188), by=3)


def test_gray_with_a_profile_of_colours_is_converted_too(squeeze, tmp_path):
    source = tmp_path / "in"
    linear = profile(SPACES["linear"])
    Image.new("L", (80, 60), 128).save(source, "PNG", icc_profile=linear, compress_level=0)

    assert media.is_near(shown(squeeze(source)).getpixel((40, 30)), (188, 188, 188), by=3)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_print_colours_are_converted_by_their_table(squeeze, tmp_path, kind):
    source = tmp_path / "in"

    def lab(cyan, magenta, yellow, black):
        # This press has a green where others have cyan.
        lightness = 100 - 40 * cyan - 30 * magenta - 5 * yellow
        return (0, 0, 0) if black else (lightness, -80 * cyan + 70 * magenta, 60 * cyan)

    Image.new("CMYK", (80, 60), (255, 0, 0, 0)).save(
        source,
        kind,
        icc_profile=profiles.printer(lab),
        **({"quality": 95} if kind == "JPEG" else {}),
    )

    red, green, blue = shown(squeeze(source)).getpixel((40, 30))

    assert green > 120
    assert max(red, blue) < 80


@pytest.mark.parametrize(
    "useless",
    [b"nonsense" * 40, profiles.gray(1.0), profiles.printer(lambda *_: (50, 90, 0)), b"\0" * 128],
    ids=["nonsense", "of grays", "of a printer", "zeros"],
)
def test_a_profile_that_does_not_fit_changes_nothing(squeeze, tmp_path, useless):
    source = tmp_path / "in"
    SCENE.save(source, "JPEG", icc_profile=useless, quality=95)

    assert_is_the_scene(shown(squeeze(source)))


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_print_colours_without_a_profile_look_as_browsers_show_them(squeeze, tmp_path, kind):
    source = tmp_path / "in"
    SCENE.convert("CMYK").save(source, kind)

    assert_is_the_scene(shown(squeeze(source)), by=16)


def test_print_colours_coded_as_ycck_are_not_inverted(squeeze, tmp_path):
    source = tmp_path / "in"
    # The bytes of a YCbCr image with a fourth channel are YCCK, once Adobe's marker says so.
    inks = [255 - value for value in (30, 60, 90)]
    y, cb, cr = Image.new("RGB", (1, 1), tuple(inks)).convert("YCbCr").getpixel((0, 0))
    stored = Image.new("CMYK", (64, 64), (255 - y, 255 - cb, 255 - cr, 255))
    buffer = io.BytesIO()
    stored.save(buffer, "JPEG", quality=100)
    data = buffer.getvalue()
    at = data.index(b"Adobe") + 11
    source.write_bytes(data[:at] + b"\x02" + data[at + 1 :])

    with Image.open(source) as image:
        expected = image.convert("RGB").getpixel((32, 32))
    assert media.is_near(shown(squeeze(source)).getpixel((32, 32)), expected, by=6)


def chunk(kind, content):
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def png_with(image, *chunks):
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=0)
    data = buffer.getvalue()
    return data[:33] + b"".join(chunk(kind, content) for kind, content in chunks) + data[33:]


GAMMA_1 = (b"gAMA", struct.pack(">I", 100_000))
SRGB_CHUNK = (b"sRGB", b"\0")
CHRM_SRGB = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
CHRM_P3 = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([GAMMA_1, (b"cHRM", CHRM_SRGB)], 188),
        ([GAMMA_1], 128),
        ([(b"gAMA", struct.pack(">I", 45_455))], 128),
        ([(b"gAMA", bytes(4)), (b"cHRM", CHRM_SRGB)], 128),
        ([GAMMA_1, (b"cHRM", CHRM_SRGB), SRGB_CHUNK], 128),
        ([(b"cICP", bytes([1, 8, 0, 1])), SRGB_CHUNK], 188),
        ([(b"cICP", bytes([1, 13, 0, 1])), GAMMA_1], 128),
        ([(b"gAMA", b"\0")], 128),
    ],
)
@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_a_png_counts_its_chunks_in_the_specifications_order(
    squeeze, tmp_path, chunks, expected, mode
):
    source = tmp_path / "in"
    gray = Image.new("RGB", (80, 60), (128, 128, 128))
    source.write_bytes(png_with(gray.quantize(2) if mode == "P" else gray.convert(mode), *chunks))

    assert media.is_near(shown(squeeze(source)).getpixel((40, 30)), (expected,) * 3, by=3)


@pytest.mark.parametrize(
    "chunks",
    [
        [(b"cICP", bytes([12, 13, 0, 1]))],
        [(b"gAMA", struct.pack(">I", 45_455)), (b"cHRM", CHRM_P3)],
    ],
)
def test_a_png_may_name_wide_colours_in_numbers(squeeze, tmp_path, chunks):
    source = tmp_path / "in"
    source.write_bytes(png_with(stored_in(P3), *chunks))

    assert_is_the_scene(shown(squeeze(source)))


def with_code_points(data, primaries, transfer):
    at = data.index(b"nclx") + 4
    return data[:at] + struct.pack(">HH", primaries, transfer) + data[at + 4 :]


def code_pointed(kind, image, primaries, transfer):
    buffer = io.BytesIO()
    words = {"save_nclx_profile": True} if kind == "HEIF" else {}
    image.save(buffer, kind, quality=95, **words)
    return with_code_points(buffer.getvalue(), primaries, transfer)


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
@pytest.mark.parametrize(
    ("code_points", "name"), [((12, 13), "Display P3"), ((9, 13), "BT.2020"), ((1, 8), "linear")]
)
def test_phones_may_name_wide_colours_in_numbers(squeeze, tmp_path, kind, code_points, name):
    source = tmp_path / "in"
    noisy = Image.blend(stored_in(SPACES[name]), media.photo((200, 120)), 0.02)
    noisy.info.clear()
    source.write_bytes(code_pointed(kind, noisy, *code_points))

    rendition = squeeze(source)

    if rendition.passthrough_reason is None:
        assert_is_the_scene(shown(rendition), by=20)
    else:
        assert b"nclx" in rendition.path.read_bytes()


@pytest.mark.parametrize("kind", ["HEIF", "AVIF", "PNG"])
@pytest.mark.parametrize(("transfer", "white"), [(16, 148), (18, 191)])
def test_bright_images_are_toned_down_to_the_webs_white(squeeze, tmp_path, kind, transfer, white):
    source = tmp_path / "in"
    # Diffuse white is 58 % of PQ's range and 75 % of HLG's, by BT.2408.
    stored = Image.new("RGB", (160, 120), (white, white, white))
    stored.paste((0, 0, 0), (80, 0, 160, 120))
    stored.paste((255, 255, 255), (0, 60, 80, 120))
    if kind == "PNG":
        source.write_bytes(png_with(stored, (b"cICP", bytes([9, transfer, 0, 1]))))
    else:
        source.write_bytes(code_pointed(kind, stored, 9, transfer))

    with Image.open(source) as before:
        before.load()
    image = shown(squeeze(source, image_output="webp"))

    diffuse, black, highlight = (
        image.getpixel(place)[1] for place in ((40, 30), (120, 60), (40, 90))
    )
    assert 200 < diffuse < 250
    assert black < 8
    assert highlight > 250


@pytest.mark.parametrize("transfer", [16, 18])
def test_a_toned_down_red_is_red(squeeze, tmp_path, transfer):
    source = tmp_path / "in"
    red = Image.new("RGB", (64, 64), (140, 40, 40))
    source.write_bytes(png_with(red, (b"cICP", bytes([9, transfer, 0, 1]))))

    shown_red = shown(squeeze(source)).getpixel((32, 32))

    assert shown_red[0] > 100
    assert max(shown_red[1:]) < shown_red[0] / 2


def lab_tiff(path):
    lab = ImageCms.createProfile("LAB")
    ImageCms.profileToProfile(SCENE, SRGB, lab, outputMode="LAB").save(path, "TIFF")


def test_lab_colours_of_a_scan_become_srgb(squeeze, tmp_path):
    source = tmp_path / "in"
    lab_tiff(source)

    assert_is_the_scene(shown(squeeze(source)), by=12)
