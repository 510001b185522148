"""Frames that change their shape in mid-stream come out undistorted, in one box."""

import pytest

from harness.samples import media

LINES = ("-c:v", "mpeg2video", "-q:v", 2)


def part(path, size, seconds, *, sar="1/1", options=()):
    """A white disc on grey, which is round on screen."""
    width, height = size
    across = eval_ratio(sar)
    inside = f"lt(hypot((X-W/2)*{across:.4f},Y-H/2),min(W,H)/3)"
    scene = f"nullsrc=s={width}x{height}:r=25:d={seconds}"
    colors = f"geq=lum='if({inside},235,90)':cb=128:cr=128,setsar={sar}"
    media.ffmpeg("-f", "lavfi", "-i", f"{scene},{colors}", *options, path)
    return path


def eval_ratio(text):
    across, down = text.split("/")
    return int(across) / int(down)


def disc(path, folder, at_s):
    """The width over the height of the disc at a time, and the size of the frame."""
    frame = media.frame_of(path, folder, at_s).convert("L")
    left, top, right, bottom = frame.point(lambda value: 255 * (value > 180)).getbbox()
    return (right - left) / (bottom - top), frame.size


def joined(folder, *parts):
    """The parts as one transport stream, one after the other."""
    source = folder / "in.ts"
    source.write_bytes(b"".join(one.read_bytes() for one in parts))
    return source


def in_line(folder, *shapes, options=LINES):
    """A transport stream of parts, each of (size, seconds, pixel shape)."""
    parts, begin = [], 0
    for number, (size, seconds, sar) in enumerate(shapes):
        at = ("-output_ts_offset", begin)
        name = folder / f"{number}.ts"
        parts.append(part(name, size, seconds, sar=sar, options=(*options, *at)))
        begin += seconds
    return joined(folder, *parts)


@pytest.mark.parametrize(
    ("shapes", "size"),
    [
        ([((160, 96), 1, "1/1"), ((320, 192), 3, "1/1")], (320, 192)),
        ([((320, 192), 3, "1/1"), ((160, 96), 1, "1/1")], (320, 192)),
        ([((320, 192), 3, "1/1"), ((192, 320), 2, "1/1")], (320, 192)),
        ([((192, 320), 3, "1/1"), ((320, 192), 2, "1/1")], (192, 320)),
        ([((180, 144), 2, "16/15"), ((180, 144), 2, "64/45")], (256, 144)),
        ([((180, 144), 2, "64/45"), ((180, 144), 2, "16/15")], (256, 144)),
    ],
    ids=["grows", "shrinks", "turned", "turned back", "gets wide", "gets narrow"],
)
def test_each_part_is_undistorted_in_the_largest_box(squeeze, tmp_path, shapes, size):
    source = in_line(tmp_path, *shapes)
    ends = shapes[0][1], shapes[0][1] + shapes[1][1]

    rendition = squeeze(source)

    for at_s in (0.5, ends[0] - 0.3, ends[0] + 0.5, ends[1] - 0.3):
        shape, found = disc(rendition.path, tmp_path, at_s)
        assert found == size
        assert shape == pytest.approx(1, abs=0.06)


def test_a_shape_that_only_flashes_by_is_not_the_main_one(squeeze, tmp_path):
    source = in_line(tmp_path, ((320, 192), 6, "1/1"), ((640, 384), 0.12, "1/1"))

    track = media.video_track(squeeze(source).path)

    assert (track["width"], track["height"]) == (320, 192)


def test_a_compact_stream_that_changes_is_not_kept_as_it_is(squeeze, tmp_path):
    options = ("-c:v", "libx264", "-crf", 30, "-pix_fmt", "yuv420p")
    source = in_line(tmp_path, ((160, 96), 2, "1/1"), ((320, 192), 2, "1/1"), options=options)

    rendition = squeeze(source)

    shape, size = disc(rendition.path, tmp_path, 1.0)
    assert size == (320, 192)
    assert shape == pytest.approx(1, abs=0.06)
