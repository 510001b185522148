"""Every accepted container and picture format, once through the whole service."""

import pytest
from PIL import Image

from harness.samples import accepted, media


@pytest.mark.parametrize("name", accepted.CLIPS)
def test_a_clip_becomes_a_smaller_mp4(service, crowd, name, tmp_path):
    job = crowd.jobs[name]

    result = service.download(job, tmp_path)

    video, sound = media.video_track(result), media.audio_tracks(result)
    assert video["codec_name"] == "h264"
    assert [each["codec_name"] for each in sound] == ["aac"]
    assert (video["width"], video["height"]) == (accepted.CLIPS[name].width_px, 120)
    assert float(media.ffprobe(result)["format"]["duration"]) == pytest.approx(1, abs=0.2)
    assert (job["format"], job["passthrough"]) == ("mp4", None)
    assert job["compressed_size"] == result.stat().st_size < job["original_size"]


@pytest.mark.parametrize("name", accepted.PICTURES)
def test_a_picture_becomes_a_smaller_webp(service, crowd, name, tmp_path):
    job = crowd.jobs[name]

    result = service.download(job, tmp_path)

    with Image.open(result) as picture, Image.open(crowd.sources[name]) as source:
        assert picture.format == "WEBP"
        assert picture.size == source.size
        assert getattr(picture, "n_frames", 1) == getattr(source, "n_frames", 1)
    assert (job["format"], job["passthrough"]) == ("webp", None)
    assert job["compressed_size"] == result.stat().st_size < job["original_size"]


@pytest.mark.parametrize(("name", "extension"), accepted.LIARS.items())
def test_the_content_decides_whatever_the_name_says(service, crowd, name, extension, tmp_path):
    job = crowd.jobs[name]

    result = service.download(job, tmp_path)

    assert job["format"] == extension
    assert job["processed_blob_name"].endswith(f".{extension}")
    assert (
        service.output(job["processed_blob_name"]).content_settings.content_type
        == {
            "webp": "image/webp",
            "mp4": "video/mp4",
        }[extension]
    )
    assert accepted.width_px(result) == accepted.width_px(crowd.sources[name])


@pytest.mark.parametrize(("name", "code"), accepted.BAD.items())
def test_a_bad_file_is_refused_with_its_reason_and_kept(service, crowd, name, code):
    job = crowd.jobs[name]

    assert (job["status"], job["error_code"]) == ("failed", code)
    assert job["error_message"]
    assert job["processed_blob_name"] is None
    assert name in service.uploads()
