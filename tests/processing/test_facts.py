"""What is told of an image or a video and of its result, as ffprobe and Pillow see both."""

from pathlib import Path

import pytest
from PIL import Image

from harness.samples import media
from media_facts import MediaFacts
from order import Order
from processing.allowance import Allowance
from processing.compress import compress
from processing.rendition import Rendition


def made(source: Path, folder: Path, **asked: object) -> Rendition:
    folder.mkdir()
    return compress(source, folder, Order(**asked), Allowance(), lambda _: None)


def seen(path: Path) -> MediaFacts:
    """The same by another pair of eyes."""
    track, sounds = media.video_track(path), media.audio_tracks(path)
    rate, _, per = track["avg_frame_rate"].partition("/")
    return MediaFacts(
        track["width"],
        track["height"],
        track["codec_name"],
        float(media.ffprobe(path, "-show_format")["format"]["duration"]),
        int(rate) / int(per),
        sounds[0]["codec_name"] if sounds else None,
    )


def assert_alike(found: MediaFacts | None, expected: MediaFacts) -> None:
    assert found is not None
    assert (found.width, found.height, found.codec, found.sound) == (
        expected.width,
        expected.height,
        expected.codec,
        expected.sound,
    )
    assert found.duration_s == pytest.approx(expected.duration_s, abs=0.15)
    assert found.frame_rate == pytest.approx(expected.frame_rate, rel=0.1)


@pytest.mark.parametrize("sound", [True, False])
def test_a_video_is_told_before_and_after(tmp_path: Path, sound: bool) -> None:
    clip = media.clip(tmp_path / "a.mp4", size="1600x900", seconds=2, rate=25, sound=sound)

    rendition = made(clip, tmp_path / "work", profile="lms720")

    assert_alike(rendition.before, seen(clip))
    assert_alike(rendition.after, seen(rendition.path))
    assert (rendition.after.width, rendition.after.height) == (1280, 720)


def test_a_turned_video_is_told_as_it_is_shown(tmp_path: Path) -> None:
    clip = media.turned(media.clip(tmp_path / "a.mp4", size="320x180"), 90)

    rendition = made(clip, tmp_path / "work")

    for facts in (rendition.before, rendition.after):
        assert (facts.width, facts.height) == (180, 320)


def test_a_video_that_is_kept_is_told_as_it_was(tmp_path: Path) -> None:
    options = ("-c:v", "libx264", "-crf", 40, "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "32k")
    clip = media.clip(tmp_path / "a.mp4", options=options)

    rendition = made(clip, tmp_path / "work")

    assert rendition.passthrough_reason is not None
    assert_alike(rendition.after, seen(rendition.path))


def test_an_av1_is_told_by_its_codec(tmp_path: Path) -> None:
    clip = media.clip(tmp_path / "a.mp4", seconds=1)

    assert made(clip, tmp_path / "work", video_output="av1").after.codec == "av1"


def test_an_image_is_told_before_and_after(tmp_path: Path) -> None:
    source = tmp_path / "a.jpg"
    media.photo((3000, 1500)).save(source, quality=95)

    rendition = made(source, tmp_path / "work")

    with Image.open(rendition.path) as result:
        assert rendition.after == MediaFacts(*result.size, "webp")
    assert rendition.before == MediaFacts(3000, 1500, "jpeg")


def test_a_turned_image_is_told_as_it_is_shown(tmp_path: Path) -> None:
    source, exif = tmp_path / "a.jpg", Image.Exif()
    exif[0x0112] = 6
    media.photo((400, 200)).save(source, exif=exif, quality=95)

    rendition = made(source, tmp_path / "work")

    assert rendition.before == MediaFacts(200, 400, "jpeg")
    assert rendition.after == MediaFacts(200, 400, "webp")


def test_an_image_that_is_kept_is_told_as_it_was(tmp_path: Path) -> None:
    source = tmp_path / "a.webp"
    media.photo((640, 480)).save(source, quality=5)

    rendition = made(source, tmp_path / "work")

    assert rendition.passthrough_reason is not None
    assert rendition.after == MediaFacts(640, 480, "webp")
