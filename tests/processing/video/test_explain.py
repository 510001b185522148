"""Each decision about a video has its words."""

from dataclasses import replace
from fractions import Fraction

import pytest

from compression_config import PROFILES
from harness.samples.wanted import wanted
from processing.formats import FORMATS
from processing.video.explain import explain_video
from processing.video.plan import plan_video
from processing.video.probe import VideoInfo
from processing.video.sound_tracks import AudioTrack
from processing.video.tracks import VideoTrack

TRACK = VideoTrack(
    index=0,
    codec="h264",
    profile="High",
    level=51,
    width=3840,
    height=2160,
    pixel_shape=Fraction(1),
    rotation_deg=0,
    is_turned_by_tag=False,
    is_mirrored=False,
    frame_rate=30.0,
    frame_count=300,
    bit_rate=48_000_000,
    pixel_format="yuv420p",
    is_interlaced=False,
    may_be_interlaced=False,
    has_alpha=False,
    color_range="tv",
    color_matrix="bt709",
    color_primaries="bt709",
    color_transfer="bt709",
)
SOUND = AudioTrack(
    index=1, codec="aac", profile="LC", channels=2, sample_rate_hz=48000, bit_rate=256_000
)
CLIP = VideoInfo(
    format=FORMATS["mp4"],
    size_bytes=60_000_000,
    duration_s=10.0,
    video=TRACK,
    audio=SOUND,
    is_cut_short=False,
    has_other_streams=False,
)


def with_track(**changes):
    return replace(CLIP, video=replace(TRACK, **changes))


def words(info, **chosen):
    """What is said about each thing."""
    asked = wanted(**{"profile": "balanced", **chosen})
    said = {}
    for reason in explain_video(info, plan_video(info, *asked), *asked):
        said[reason.about] = f"{said.get(reason.about, '')} {reason.sentence}".strip()
    return said


def test_a_large_video_is_scaled_down_to_the_profiles_box():
    said = words(CLIP)["size"]

    assert "3840 x 2160 pixels are scaled down to 1920 x 1080" in said
    assert "1920 x 1080 is the largest (profile balanced" in said


def test_a_lighter_step_is_named_as_the_reason():
    assert "after an attempt that was too much" in words(CLIP, lighter_steps=1)["size"]


def test_a_video_that_fits_is_not_enlarged():
    assert "nothing is enlarged" in words(with_track(width=640, height=360))["size"]


def test_odd_sides_become_even():
    assert "even sides" in words(with_track(width=641, height=361))["size"]


def test_pixels_become_square():
    said = words(with_track(width=720, height=576, pixel_shape=Fraction(16, 15)))["size"]

    assert "become square" in said


def test_a_turn_is_told():
    said = words(with_track(rotation_deg=90))

    assert "turned by 90 degrees" in said["orientation"]
    assert "1080 x 1920" in said["size"]


def test_the_codec_has_its_reason():
    assert "everything plays it" in words(CLIP)["format"]
    assert "AV1 in MP4, as asked for" in words(CLIP, video_output="av1")["format"]


def test_the_quality_names_rule_preset_and_ceiling():
    rule = PROFILES["balanced"].video[0]

    said = words(CLIP)["quality"]

    assert f"preset {rule.preset} (profile balanced, {rule.name})" in said
    assert "kbit/s" in said


def test_a_search_for_quality_names_its_aim():
    said = words(CLIP, target_quality=True)["quality"]

    assert f"{PROFILES['balanced'].target_vmaf:g} of 100 (VMAF)" in said


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(240.0, "Of 240 frames a second 60 are kept."), (None, "does not say"), (25.0, "25 a second")],
)
def test_the_frame_rate_is_told(rate, expected):
    assert expected in words(with_track(frame_rate=rate))["frame rate"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"color_transfer": "smpte2084"}, "High dynamic range is mapped"),
        ({"color_primaries": "bt2020"}, "Wide-gamut colours"),
        ({"pixel_format": "yuv420p10le"}, "Stored as yuv420p10le"),
        ({"pixel_format": "yuv444p"}, "Stored as yuv444p"),
    ],
)
def test_converted_colours_are_told(changes, expected):
    assert expected in words(with_track(**changes))["colour"]


def test_interlacing_and_transparency_are_told():
    said = words(with_track(is_interlaced=True, has_alpha=True))

    assert "against combing" in said["interlacing"]
    assert "over white" in said["transparency"]


@pytest.mark.parametrize(
    ("sound", "expected"),
    [
        (None, "There is none"),
        (replace(SOUND, bit_rate=96_000), "copied as it is: 96 kbit/s"),
        (SOUND, "aac becomes AAC 128 kbit/s, stereo, 48 kHz."),
        (replace(SOUND, codec="ac3", channels=6), "mixed down from 6 channels"),
    ],
)
def test_what_becomes_of_the_sound_is_told(sound, expected):
    assert expected in words(replace(CLIP, audio=sound))["sound"]


def test_sound_that_cannot_be_decoded_is_told():
    said = words(replace(CLIP, audio=None, has_lost_sound=True))

    assert "of no kind that can be decoded" in said["sound"]


def test_what_is_left_out_is_told():
    said = words(replace(CLIP, has_other_streams=True, is_cut_short=True))

    assert "subtitles, covers and data" in said["dropped"]
    assert "the end is missing" in said["damage"]


def test_plain_videos_are_not_said_to_have_what_they_lack():
    assert words(CLIP).keys() == {
        *("format", "size", "quality", "frame rate", "sound", "metadata", "fallback"),
    }


def test_notices_of_rights_are_kept_on_demand():
    assert "rights" not in words(CLIP)["metadata"]
    assert "rights" in words(CLIP, keep_copyright=True)["metadata"]


def test_a_video_that_is_compact_already_is_said_to_be_copied():
    compact = replace(with_track(width=1280, height=720, level=31, bit_rate=300_000))

    said = words(replace(compact, size_bytes=500_000))

    assert "copied as it is" in said["passthrough"]
    assert "quality" not in said


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (CLIP, "the source's own streams are handed out"),
        (with_track(codec="mpeg4"), "browsers do not play mpeg4"),
        (with_track(codec="vp9", color_transfer="smpte2084"), "many screens"),
        (replace(with_track(codec="vp6f"), format=FORMATS["flv"]), "browsers do not play vp6f"),
    ],
)
def test_what_stands_in_depends_on_what_browsers_show(info, expected):
    assert expected in words(info)["fallback"]
