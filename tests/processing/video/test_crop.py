"""What a container says is not shown of its frames is not shown."""

import struct

import pytest

from harness.samples import media
from processing.isobmff.boxes import box
from processing.video.container_crop import container_crop

MARK = (255, 255, 255)
BARS = "drawbox=h=24:color=white:t=fill,drawbox=y=96:h=24:color=white:t=fill,noise=alls=8:allf=t"
ENCODED = ("-c:v", "libx264", "-qp", 4, "-pix_fmt", "yuv420p", "-bf", 0)


def barred(path, *options):
    """Colours between white bars above and below, which a container may have cropped."""
    scene = path.with_suffix(".png")
    media.quarters((160, 120)).save(scene)
    media.ffmpeg(
        *("-loop", 1, "-framerate", 10, "-t", 1, "-i", scene, "-vf", BARS),
        *(*ENCODED, *options, path),
    )
    return path


def with_clean_aperture(path, numbers):
    """The mp4 itself, with a box after its codec's that says what is shown of its frames."""
    data = path.read_bytes()
    clap = box(b"clap", struct.pack(">IIIIiIiI", *numbers))
    moov = data.index(b"moov")
    at = data.index(b"avcC", moov) - 4
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"):
        begin = data.index(name, moov) - 4
        size = int.from_bytes(data[begin : begin + 4], "big") + len(clap)
        data = data[:begin] + size.to_bytes(4, "big") + data[begin + 4 :]
    path.write_bytes(data[:at] + clap + data[at:])
    return path


def with_matroska_crop(path):
    """The mkv itself, with a crop of 24 above and below in the place of its languages."""
    data = path.read_bytes()
    language = bytes.fromhex("22b59c83756e64")
    crop = bytes.fromhex("54bb8118") + bytes.fromhex("ec8100")
    assert language in data
    path.write_bytes(data.replace(language, crop, 1))
    return path


def test_the_clean_aperture_of_an_mp4_is_all_that_is_shown(squeeze, tmp_path):
    source = with_clean_aperture(barred(tmp_path / "in.mp4"), (160, 1, 72, 1, 0, 1, 0, 1))

    frame = media.frame_of(squeeze(source).path, tmp_path)

    assert frame.size == (160, 72)
    assert not any(media.is_near(one, MARK) for one in media.corners(frame))


def test_a_crop_in_matroska_is_applied(squeeze, tmp_path):
    source = with_matroska_crop(barred(tmp_path / "in.mkv"))

    frame = media.frame_of(squeeze(source).path, tmp_path)

    assert frame.size == (160, 96)
    assert not media.is_near(frame.getpixel((20, 3)), MARK)


@pytest.mark.parametrize(
    "numbers",
    [
        (160, 1, 120, 1, 0, 1, 0, 1),
        (160, 1, 72, 0, 0, 1, 0, 1),
        (200, 1, 72, 1, 0, 1, 0, 1),
        (80, 1, 72, 1, 90, 1, 0, 1),
        (0, 1, 0, 1, 0, 1, 0, 1),
    ],
    ids=["of all", "by zero", "too wide", "beside", "of nothing"],
)
def test_a_crop_of_all_or_of_what_is_not_there_is_none(tmp_path, numbers):
    source = with_clean_aperture(barred(tmp_path / "in.mp4"), numbers)

    assert container_crop(source, "mov", (160, 120)) is None
