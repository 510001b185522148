"""The plain cases: a photo, a drawing and a clip go in and come out smaller."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from compression_config import LIMITS
from errors import DiskFullError, EmptyFileError, LimitSizeError, TimeLimitError
from harness.samples import media
from order import Order
from processing import compress as room
from processing.allowance import Allowance
from processing.compress import compress
from processing.rendition import Rendition
from processing.task import Task

ROOT = Path(__file__).parents[2]


def test_a_photo_becomes_a_smaller_webp_of_at_most_2048_pixels(squeeze, tmp_path):
    source = tmp_path / "in"
    media.photo((2400, 1600)).save(source, "JPEG", quality=92)

    rendition = squeeze(source)

    assert (rendition.extension, rendition.content_type) == ("webp", "image/webp")
    assert rendition.size_bytes == rendition.path.stat().st_size < source.stat().st_size
    assert rendition.original_size_bytes == source.stat().st_size
    with Image.open(rendition.path) as image:
        assert (image.format, image.size) == ("WEBP", (2048, 1365))


def test_a_drawing_keeps_its_size_and_its_colours(squeeze, tmp_path):
    source = tmp_path / "in"
    drawing = media.quarters((400, 300))
    drawing.save(source, "PNG", compress_level=0)

    rendition = squeeze(source)

    with Image.open(rendition.path) as image:
        assert image.size == (400, 300)
        assert media.corners(image) == media.corners(drawing)


def test_a_clip_becomes_an_h264_and_aac_mp4_that_starts_before_it_is_whole(squeeze, tmp_path):
    source = media.clip(tmp_path / "in.mp4", seconds=2)

    rendition = squeeze(source)

    video, (audio,) = media.video_track(rendition.path), media.audio_tracks(rendition.path)
    assert (rendition.extension, rendition.content_type) == ("mp4", "video/mp4")
    assert (video["codec_name"], video["profile"], video["pix_fmt"]) == ("h264", "High", "yuv420p")
    assert audio["codec_name"] == "aac"
    assert abs(float(media.ffprobe(rendition.path)["format"]["duration"]) - 2) < 0.15
    data = rendition.path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert rendition.size_bytes < source.stat().st_size


def losing_its_source(transcode):
    """The same, but somebody clears the folder just before it reads."""

    def run(task: Task) -> Rendition:
        task.source.unlink()
        return transcode(task)

    return run


def test_a_photo_that_somebody_removes_meanwhile_is_not_called_damaged(
    squeeze, tmp_path, monkeypatch
):
    source = tmp_path / "in"
    media.photo((600, 400)).save(source, "JPEG")
    monkeypatch.setattr(room, "compress_image", losing_its_source(room.compress_image))

    with pytest.raises(FileNotFoundError):
        squeeze(source)


def test_a_clip_that_somebody_removes_meanwhile_is_not_called_damaged(
    squeeze, tmp_path, monkeypatch
):
    source = media.clip(tmp_path / "in.mp4", seconds=1)
    monkeypatch.setattr(room, "compress_video", losing_its_source(room.compress_video))

    with pytest.raises(FileNotFoundError):
        squeeze(source)


def test_progress_names_its_stages_and_never_goes_back(squeeze, progress, tmp_path):
    squeeze(media.clip(tmp_path / "in.mp4"))

    percents = [one.percent for one in progress]
    assert percents == sorted(percents)
    assert percents[0] == 0
    assert percents[-1] == 100
    assert list(dict.fromkeys(one.stage for one in progress)) == [
        "probing",
        "encoding",
        "verifying",
    ]


@pytest.mark.parametrize("kind", ["photo", "clip"])
def test_time_that_is_up_is_up(squeeze, tmp_path, kind):
    source = tmp_path / "in.mp4"
    if kind == "photo":
        media.photo((1600, 1200)).save(source, "PNG")
    else:
        media.clip(source, size="640x480", seconds=4)

    with pytest.raises(TimeLimitError):
        squeeze(source, time_limit_s=0.1, longest_time_limit_s=0.1)


def test_what_the_listener_raises_stops_the_work(tmp_path):
    def on_progress(progress):
        if progress.stage == "encoding":
            raise KeyError("the job was cancelled")

    source = media.clip(tmp_path / "in.mp4")

    with pytest.raises(KeyError, match="cancelled"):
        compress(source, tmp_path, Order(), Allowance(), on_progress)


def test_a_disk_without_room_is_not_written_to(squeeze, tmp_path, monkeypatch):
    monkeypatch.setattr("processing.compress._SPARE_BYTES", 2**60)
    source = media.clip(tmp_path / "in.mp4")

    with pytest.raises(DiskFullError):
        squeeze(source)


def test_this_process_never_loads_a_decoder(tmp_path):
    source = tmp_path / "in"
    media.photo((320, 240)).save(source, "JPEG", quality=95)
    script = (
        "import sys; from pathlib import Path; from order import Order;"
        "from processing.allowance import Allowance; from processing.compress import compress;"
        "compress(Path(sys.argv[1]), Path(sys.argv[2]), Order(), Allowance(), print);"
        "print([name for name in sys.modules if name.startswith(('PIL', 'pillow'))])"
    )

    answer = subprocess.run(
        [sys.executable, "-c", script, source, tmp_path],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )

    assert answer.stdout.splitlines()[-1] == "[]"


def test_a_disk_that_fills_up_under_an_image_is_told_as_such(tmp_path):
    source = tmp_path / "in.jpg"
    media.photo((64, 48)).save(source, "JPEG", quality=95)
    (tmp_path / "rendition.webp").symlink_to("/dev/full")

    with pytest.raises(DiskFullError):
        compress(source, tmp_path, Order(), Allowance(), lambda _: None)


def test_an_image_of_too_many_bytes_is_refused_unread(squeeze, tmp_path):
    source = tmp_path / "in.jpg"
    media.photo((64, 48)).save(source, "JPEG")
    os.truncate(source, LIMITS.max_image_bytes + 1)

    with pytest.raises(LimitSizeError):
        squeeze(source)


def test_nothing_is_an_empty_file(squeeze, tmp_path):
    source = tmp_path / "in"
    source.touch()

    with pytest.raises(EmptyFileError):
        squeeze(source)
