"""The plain cases: a photo, a drawing and a clip go in and come out smaller."""

import pytest
from PIL import Image

from errors import EmptyFileError
from tests.processing import media


def test_a_photo_becomes_a_smaller_webp_of_at_most_2048_pixels(squeeze, tmp_path):
    source = tmp_path / "in"
    media.photo((2400, 1600)).save(source, "JPEG", quality=92)

    rendition = squeeze(source)

    assert (rendition.extension, rendition.content_type) == ("webp", "image/webp")
    assert rendition.size_bytes == rendition.path.stat().st_size < source.stat().st_size
    assert rendition.original_size_bytes == source.stat().st_size
    with Image.open(rendition.path) as picture:
        assert (picture.format, picture.size) == ("WEBP", (2048, 1365))


def test_a_drawing_keeps_its_size_and_its_colours(squeeze, tmp_path):
    source = tmp_path / "in"
    drawing = media.quarters((400, 300))
    drawing.save(source, "PNG", compress_level=0)

    rendition = squeeze(source)

    with Image.open(rendition.path) as picture:
        assert picture.size == (400, 300)
        assert media.corners(picture) == media.corners(drawing)


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


def test_nothing_is_an_empty_file(squeeze, tmp_path):
    source = tmp_path / "in"
    source.touch()

    with pytest.raises(EmptyFileError):
        squeeze(source)
