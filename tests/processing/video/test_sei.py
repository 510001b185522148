"""What cameras note between the frames of a stream is removed, also where it is only copied."""

import subprocess
import time

import pytest

from harness.samples import media
from harness.samples.wanted import wanted
from processing.formats import FORMATS
from processing.video.command import remux_command
from processing.video.plan import plan_video
from processing.video.probe import probe_video

UNIT = "086f3693-b7b3-4f2c-9653-21492feee5b8"
PLACE = "GPS 48.85840N 2.29450E"


def with_place(folder, plain, name="in.mp4"):
    """The clip with a place noted in its stream."""
    source = folder / name
    media.ffmpeg(
        *("-i", plain, "-c", "copy", "-bsf:v", f"h264_metadata=sei_user_data={UNIT}+{PLACE}"),
        *("-movflags", "+faststart", source),
    )
    assert PLACE.encode() in source.read_bytes()
    return source


def frames(path):
    words = ("-select_streams", "v", "-show_entries", "frame=pts_time")
    return [frame["pts_time"] for frame in media.ffprobe(path, *words)["frames"]]


@pytest.mark.parametrize("name", ["in.mp4", "in.mov"])
@pytest.mark.parametrize("crf", [30, 45])
def test_a_place_in_a_compact_stream_is_not_handed_out(squeeze, tmp_path, crf, name):
    options = ("-c:v", "libx264", "-crf", crf, "-pix_fmt", "yuv420p")
    plain = media.clip(tmp_path / "plain.mp4", sound=False, seconds=2, options=options)
    source = with_place(tmp_path, plain, name)

    rendition = squeeze(source)

    assert PLACE.encode() not in rendition.path.read_bytes()
    assert frames(rendition.path) == frames(source)


def test_a_place_in_a_turned_stream_that_nothing_undercuts_is_not_handed_out(squeeze, tmp_path):
    options = ("-c:v", "libx264", "-preset", "veryslow", "-crf", 40, "-pix_fmt", "yuv420p")
    plain = media.clip(tmp_path / "plain.mp4", sound=False, options=options)
    source = media.turned(with_place(tmp_path, plain), 90)

    rendition = squeeze(source)

    assert rendition.passthrough_reason == "not_smaller"
    assert PLACE.encode() not in rendition.path.read_bytes()
    assert media.frame_of(rendition.path, tmp_path).size == (240, 320)


def test_a_copied_hevc_says_nothing_aside_and_has_the_name_that_apple_plays(tmp_path):
    options = ("-c:v", "libx265", "-crf", 40, "-preset", "slow", "-pix_fmt", "yuv420p")
    hashed = ("-x265-params", "log-level=0:hash=1")
    source = media.clip(tmp_path / "in.mp4", sound=False, seconds=2, options=(*options, *hashed))

    copied = tmp_path / "copied.mp4"
    info = probe_video(source, FORMATS["mp4"], tmp_path, time.monotonic() + 20)
    plan = plan_video(info, *wanted())
    command = remux_command(plan.reading, plan.output, source, copied, "mp4")
    subprocess.run(command, check=True, capture_output=True)

    assert copied.stat().st_size <= source.stat().st_size - 16 * len(frames(source))
    assert media.video_track(copied)["codec_tag_string"] == "hvc1"
