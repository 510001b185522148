"""What cannot be made smaller comes back as it was, without its metadata, and never larger."""

import io

import pytest
from PIL import Image

from harness.samples import media

GPS_MARK = b"SecretPlace"


def exif():
    tags = Image.Exif()
    tags[0x010E] = GPS_MARK.decode()
    return tags


def compact(kind, tmp_path):
    """An image that no encoder of ours makes smaller at the planned quality, with a secret."""
    source = tmp_path / f"compact-{kind}"
    image = media.photo((320, 240))
    if kind == "JPEG":
        image.save(source, kind, quality=12, optimize=True, exif=exif(), comment=GPS_MARK)
    elif kind == "WEBP":
        image.save(source, kind, quality=12, method=6, exif=exif().tobytes(), xmp=GPS_MARK)
    elif kind == "AVIF":
        image.save(source, kind, quality=12)
    elif kind == "GIF":
        Image.new("P", (3, 3)).save(source, kind, comment=GPS_MARK)
    else:
        Image.new("1", (2, 2)).save(source, kind, exif=exif())
    return source


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF"])
def test_a_compact_image_comes_back_pixel_by_pixel_and_silent(squeeze, tmp_path, kind):
    source = compact(kind, tmp_path)

    rendition = squeeze(source)

    assert rendition.passthrough_reason == "not_smaller"
    assert rendition.content_type == f"image/{kind.lower()}"
    assert rendition.size_bytes <= source.stat().st_size
    assert GPS_MARK not in rendition.path.read_bytes()
    with Image.open(rendition.path) as after, Image.open(source) as before:
        assert after.format == kind
        assert after.tobytes() == before.tobytes()


def test_a_compact_animation_comes_back_whole(squeeze, tmp_path):
    source = tmp_path / "in"
    frames = [Image.new("P", (8, 8), number) for number in range(3)]
    for frame in frames:
        frame.putpalette([0, 0, 0, 255, 0, 0, 0, 0, 255])
    frames[0].save(
        source,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=100,
        loop=0,
        comment=GPS_MARK,
    )

    rendition = squeeze(source)

    assert rendition.size_bytes <= source.stat().st_size
    assert GPS_MARK not in rendition.path.read_bytes()
    with Image.open(rendition.path) as image:
        assert image.n_frames == 3


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "HEIF"])
@pytest.mark.parametrize("size", [(1, 1), (17, 5)])
def test_no_image_ever_grows(squeeze, tmp_path, kind, size):
    source = tmp_path / "in"
    buffer = io.BytesIO()
    image = media.quarters(size)
    if kind == "GIF":
        image = image.quantize(4)
    image.save(buffer, kind)
    source.write_bytes(buffer.getvalue())

    rendition = squeeze(source)

    assert 0 < rendition.size_bytes <= source.stat().st_size


def test_a_turned_compact_photo_is_rather_encoded_again_than_left_lying(squeeze, tmp_path):
    source = tmp_path / "in"
    tags = exif()
    tags[0x0112] = 6
    media.photo((320, 240)).save(source, "JPEG", quality=12, exif=tags)

    rendition = squeeze(source)

    assert rendition.passthrough_reason is None
    assert rendition.size_bytes < source.stat().st_size
    with Image.open(rendition.path) as image:
        assert image.size == (240, 320)


def compact_clip(path, *options):
    return media.clip(
        path,
        options=(
            *("-c:v", "libx264", "-preset", "veryslow", "-crf", 38, "-pix_fmt", "yuv420p"),
            *("-c:a", "aac", "-b:a", "32k", "-metadata", "title=SecretPlace", *options),
        ),
    )


def test_a_compact_clip_is_copied_and_starts_at_once(squeeze, tmp_path):
    source = compact_clip(tmp_path / "in.mp4", "-metadata", "location=+52.5042+013.3687/")

    rendition = squeeze(source)

    assert (rendition.passthrough_reason, rendition.extension) == ("already_compact", "mp4")
    assert rendition.size_bytes <= source.stat().st_size
    data = rendition.path.read_bytes()
    assert GPS_MARK not in data
    assert b"+52.5042" not in data
    assert media.video_track(rendition.path)["nb_frames"] == media.video_track(source)["nb_frames"]


def test_a_copied_clip_stays_turned(squeeze, tmp_path):
    source = media.turned(compact_clip(tmp_path / "in.mp4"), 90)

    rendition = squeeze(source)

    assert rendition.passthrough_reason == "not_smaller"
    assert media.frame_of(rendition.path, tmp_path).size == (240, 320)


def test_a_compact_webm_stays_a_webm_and_says_so(squeeze, tmp_path):
    source = media.clip(
        tmp_path / "in.webm",
        sound=False,
        options=("-c:v", "libvpx-vp9", "-crf", 55, "-b:v", 0, "-cpu-used", 5),
    )

    rendition = squeeze(source)

    assert rendition.passthrough_reason == "not_smaller"
    assert (rendition.extension, rendition.content_type) == ("webm", "video/webm")
    assert list(rendition.path.parent.iterdir()) == [rendition.path]


def test_an_old_codec_is_rather_squeezed_than_handed_back(squeeze, tmp_path):
    source = media.clip(
        tmp_path / "in.avi",
        seconds=2,
        options=("-c:v", "mpeg4", "-q:v", 31, "-c:a", "libmp3lame", "-b:a", "32k"),
    )

    rendition = squeeze(source)

    assert rendition.extension == "mp4"
    assert media.video_track(rendition.path)["codec_name"] == "h264"
    assert rendition.size_bytes <= source.stat().st_size


@pytest.mark.parametrize("name", ["one.mp4", "one.mov", "one.mkv", "one.avi", "one.flv", "one.ts"])
def test_not_even_a_clip_of_one_tiny_frame_grows(squeeze, tmp_path, name):
    source = tmp_path / name
    codec = "flv" if name.endswith("flv") else "mpeg4"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "color=s=16x16:r=10", "-frames:v", 1, "-c:v", codec, source)
    )

    assert squeeze(source).size_bytes <= source.stat().st_size


def test_noise_does_not_explode(squeeze, tmp_path):
    source = tmp_path / "noise.mp4"
    media.ffmpeg(
        *("-f", "lavfi", "-i", "nullsrc=s=320x240:r=15:d=1,geq=random(1)*255:128:128"),
        *("-c:v", "mpeg4", "-b:v", "600k", "-maxrate", "600k", "-bufsize", "600k", source),
    )

    assert squeeze(source).size_bytes <= source.stat().st_size
