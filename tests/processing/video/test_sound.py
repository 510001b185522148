"""Whatever sound a video has comes out as stereo or mono AAC of 44.1 or 48 kHz."""

import pytest

from harness.samples import media
from notes import Note, NoteCode

LAYOUTS = (
    *("mono", "stereo", "2.1", "3.0", "4.0", "quad", "5.0", "5.1", "5.1(side)", "6.0", "6.1"),
    *("7.1", "7.1(wide)", "octagonal", "downmix"),
)


def clip_with(path, *sound):
    media.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=128x96:r=10:d=1", "-f", "lavfi", "-i"),
        *(*sound, "-c:v", "libx264", "-qp", 4, path),
    )
    return path


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_comes_out_in_one_or_two_channels(squeeze, tmp_path, layout):
    sound = (f"aevalsrc=0.2*sin(2000*t):d=1,pan={layout}|c0=c0|c1=c0", "-c:a", "pcm_s16le")
    if layout == "mono":
        sound = ("sine=d=1", "-c:a", "pcm_s16le")
    source = clip_with(tmp_path / "in.mov", *sound)

    (audio,) = media.audio_tracks(squeeze(source).path)

    assert (audio["codec_name"], audio["channels"]) == ("aac", 1 if layout == "mono" else 2)
    assert abs(float(audio["duration"]) - 1) < 0.1


@pytest.mark.parametrize("channels", [9, 10, 12, 16])
def test_more_channels_than_have_names_come_out_as_the_first_two(squeeze, tmp_path, channels):
    parts = "|".join(["0.1*sin(2000*t)"] * channels)
    source = clip_with(tmp_path / "in.mkv", f"aevalsrc={parts}:d=1", "-c:a", "pcm_s16le")

    (audio,) = media.audio_tracks(squeeze(source).path)

    assert audio["channels"] == 2


@pytest.mark.parametrize(
    ("rate", "made"), [(8000, 48000), (22050, 48000), (44100, 44100), (96000, 48000)]
)
def test_every_rate_comes_out_as_one_of_two(squeeze, tmp_path, rate, made):
    source = clip_with(tmp_path / "in.mkv", f"sine=d=1:r={rate}", "-c:a", "flac")

    (audio,) = media.audio_tracks(squeeze(source).path)

    assert audio["sample_rate"] == str(made)
    assert abs(float(audio["duration"]) - 1) < 0.1


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("in.avi", "adpcm_ms"),
        ("in.wmv", "wmav1"),
        ("in.flv", "libmp3lame"),
        ("in.ts", "mp2"),
        ("in.ts", "ac3"),
        ("in.mkv", "libvorbis"),
        ("in.mkv", "eac3"),
        ("in.mkv", "libopus"),
        ("in.mov", "alac"),
        ("in.mov", "pcm_alaw"),
    ],
)
def test_every_old_codec_is_heard(squeeze, tmp_path, name, codec):
    rate = 44100 if name == "in.flv" else 48000
    options = ("-c:v", "flv") if name == "in.flv" else ()
    source = clip_with(tmp_path / name, f"sine=d=1:r={rate}", "-c:a", codec, *options)

    (audio,) = media.audio_tracks(squeeze(source).path)

    assert audio["codec_name"] == "aac"
    assert abs(float(audio["duration"]) - 1) < 0.2


@pytest.mark.parametrize(("kbps", "most"), [(32, 36), (64, 70), (192, 136)])
def test_poor_sound_is_not_blown_up_at_the_cost_of_the_video(squeeze, tmp_path, kbps, most):
    sound = ("anoisesrc=d=3:r=44100:a=0.2,pan=stereo|c0=c0|c1=c0", "-c:a", "libmp3lame")
    source = clip_with(tmp_path / "in.avi", *sound, "-b:a", f"{kbps}k", "-t", 3)

    (audio,) = media.audio_tracks(squeeze(source).path)

    assert 0.5 * most < int(audio["bit_rate"]) / 1000 < most


def test_sound_that_nothing_decodes_is_told(squeeze, tmp_path):
    source = clip_with(tmp_path / "in.mov", "sine=d=1", "-c:a", "pcm_alaw")
    source.write_bytes(source.read_bytes().replace(b"alaw", b"zzzz"))

    rendition = squeeze(source)

    assert media.audio_tracks(rendition.path) == []
    assert Note(NoteCode.SOUND_LEFT_OUT) in rendition.notes
