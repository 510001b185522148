"""However a player is told to turn or mirror a video, it comes out as it was meant to be seen."""

import struct

import pytest
from PIL import Image, ImageChops, ImageStat

from harness.samples import media
from notes import Note, NoteCode

TURNS = {
    "mirrored across": (-1, 0, 0, 1),
    "mirrored down": (1, 0, 0, -1),
    "a quarter": (0, 1, -1, 0),
    "a half": (-1, 0, 0, -1),
    "three quarters": (0, -1, 1, 0),
    "a quarter and mirrored": (0, 1, 1, 0),
    "three quarters and mirrored": (0, -1, -1, 0),
}
# Where red, green, blue and yellow are to be seen, clockwise from the top left.
SHOWN = {
    "mirrored across": "GRYB",
    "mirrored down": "YBGR",
    "a quarter": "YRGB",
    "a half": "BYRG",
    "three quarters": "GBYR",
    "a quarter and mirrored": "RYBG",
    "three quarters and mirrored": "BGRY",
}
COLORS = {"R": media.RED, "G": media.GREEN, "B": media.BLUE, "Y": media.YELLOW}


def with_matrix(path, turn):
    data = bytearray(path.read_bytes())
    a, b, c, d = (value << 16 for value in turn)
    struct.pack_into(">9i", data, data.index(b"tkhd") + 44, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


def shown(path, folder):
    return media.corners(media.frame_of(path, folder))


def is_shown_as(found, letters):
    return all(
        media.is_near(one, COLORS[letter]) for one, letter in zip(found, letters, strict=True)
    )


@pytest.mark.parametrize("name", TURNS)
def test_each_matrix_is_carried_out_and_gone(squeeze, tmp_path, name):
    source = with_matrix(media.painted(tmp_path, (240, 160)), TURNS[name])

    rendition = squeeze(source)

    track = media.video_track(rendition.path)
    is_lying = TURNS[name][0] == 0
    assert (track["width"], track["height"]) == ((160, 240) if is_lying else (240, 160))
    assert "side_data_list" not in track
    assert is_shown_as(shown(rendition.path, tmp_path), SHOWN[name])


@pytest.mark.parametrize(("degrees", "letters"), [(90, "YRGB"), (180, "BYRG"), (270, "GBYR")])
def test_an_old_tag_turns_the_video_too(squeeze, tmp_path, degrees, letters):
    options = (*media.LOSSLESS, "-metadata:s:v", f"ROTATE={degrees}")
    source = media.painted(tmp_path, (240, 160), options=options, name="in.mkv")

    rendition = squeeze(source)

    assert is_shown_as(shown(rendition.path, tmp_path), letters)


def test_a_lying_video_of_wide_pixels_stands_up_in_shape(squeeze, tmp_path):
    options = ("-aspect", "16:9", *media.LOSSLESS)
    source = media.turned(media.painted(tmp_path, (180, 144), options=options), 90)

    rendition = squeeze(source)

    track = media.video_track(rendition.path)
    assert (track["width"], track["height"]) == (144, 256)
    assert track["sample_aspect_ratio"] == "1:1"


def test_an_interlaced_video_is_woven_before_it_is_turned(squeeze, tmp_path):
    source = tmp_path / "in.mp4"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=320x240:r=50:d=1", "-vf", "tinterlace=interleave_top"),
        *("-c:v", "libx264", "-qp", 4, "-flags", "+ildct+ilme", source),
    )

    rendition = squeeze(media.turned(source, 90))

    track = media.video_track(rendition.path)
    assert (track["width"], track["height"], track["field_order"]) == (240, 320, "progressive")
    assert Note(NoteCode.DEINTERLACED) in rendition.notes


def combing(path, folder):
    """How much more each row differs from the next than from the one after: 1 and up is combed."""
    frame = media.frame_of(path, folder, at_s=0.4).convert("L")
    width, height = frame.size

    def difference(rows):
        upper = frame.crop((0, 0, width, height - rows))
        lower = frame.crop((0, rows, width, height))
        return ImageStat.Stat(ImageChops.difference(upper, lower)).mean[0]

    return difference(1) / difference(2)


def swinging(folder, *options):
    """Bars that move on between the two fields of each frame."""
    bars, source = folder / "bars.png", folder / options[-1]
    Image.linear_gradient("L").rotate(90).resize((90, 576)).convert("RGB").save(bars)
    media.ffmpeg(
        *("-loop", 1, "-framerate", 50, "-t", 1, "-i", bars, "-vf"),
        "tile=8x1:overlap=7:init_padding=7,scroll=h=0.02,tinterlace=interleave_bottom",
        *options[:-1],
        source,
    )
    return source


def test_a_camcorder_tape_is_woven_though_only_its_frames_say_so(squeeze, tmp_path):
    source = swinging(tmp_path, "-pix_fmt", "yuv420p", "-c:v", "dvvideo", "tape.avi")
    before = combing(source, tmp_path)

    after = combing(squeeze(source).path, tmp_path)

    assert before > 1
    assert after < 0.8
