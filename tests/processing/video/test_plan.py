"""Plans are decided from facts and rules alone: sizes, boxes, rates and what is copied."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compression_config import MEGABYTE
from notes import Note, NoteCode
from order import Order
from processing.allowance import Allowance
from processing.formats import FORMATS
from processing.video.command import encode_command
from processing.video.plan import plan_video
from processing.video.probe import VideoInfo
from processing.video.size import fitted
from processing.video.sound_tracks import AudioTrack
from processing.video.tracks import VideoTrack

TRACK = VideoTrack(
    index=0,
    codec="h264",
    profile="High",
    level=40,
    width=1920,
    height=1080,
    pixel_shape=Fraction(1),
    rotation_deg=0,
    is_turned_by_tag=False,
    is_mirrored=False,
    frame_rate=30.0,
    frame_count=300,
    bit_rate=None,
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
    index=1, codec="aac", profile="LC", channels=2, sample_rate_hz=48000, bit_rate=96_000
)


def info(size_bytes=MEGABYTE, audio=SOUND, **changes):
    return VideoInfo(
        format=FORMATS["mp4"],
        size_bytes=size_bytes,
        duration_s=10.0,
        video=replace(TRACK, **changes),
        audio=audio,
        is_cut_short=False,
        has_other_streams=False,
    )


BY_BYTES = Order(profile="seed")


def planned(found, order=None, **allowed):
    """The plan of the video."""
    return plan_video(found, order or Order(), Allowance(**allowed))


def encoding(found, order=None):
    """The one stream that would be encoded."""
    return planned(found, order).video


@pytest.mark.parametrize(
    ("megabytes", "crf", "preset", "size"),
    [
        (0.1, 23, "medium", (1920, 1080)),
        (9.99, 23, "medium", (1920, 1080)),
        (10, 25, "medium", (854, 480)),
        (49.99, 25, "medium", (854, 480)),
        (50, 27, "fast", (1280, 720)),
        (5000, 27, "fast", (1280, 720)),
    ],
)
def test_the_rule_follows_the_size_of_the_file(megabytes, crf, preset, size):
    plan = encoding(info(int(megabytes * MEGABYTE)), BY_BYTES)

    assert (plan.crf, plan.preset, (plan.width, plan.height)) == (crf, preset, size)


@pytest.mark.parametrize("megabytes", [0.1, 20, 5000])
def test_balanced_goes_by_the_frames_and_not_by_the_bytes(megabytes):
    plan = encoding(info(int(megabytes * MEGABYTE)), Order(profile="balanced"))

    assert (plan.crf, plan.preset, (plan.width, plan.height)) == (23, "faster", (1920, 1080))


def test_the_platform_profile_makes_720p_of_whatever_is_larger():
    plan = encoding(info(), Order(profile="lms720"))

    assert (plan.width, plan.height) == (1280, 720)


def test_a_portrait_turns_the_box_however_it_is_stored():
    stored_upright = encoding(info(20 * MEGABYTE, width=1080, height=1920), BY_BYTES)
    stored_lying = encoding(info(20 * MEGABYTE, rotation_deg=90), BY_BYTES)

    assert (stored_upright.width, stored_upright.height) == (480, 854)
    assert (stored_lying.width, stored_lying.height) == (480, 854)


def test_a_small_video_is_not_enlarged_to_its_box():
    plan = encoding(info(60 * MEGABYTE, width=640, height=360), BY_BYTES)

    assert (plan.width, plan.height) == (640, 360)


def test_nothing_larger_than_4k_comes_out():
    plan = encoding(info(width=7680, height=4320), BY_BYTES)

    assert (plan.width, plan.height) == (3840, 2160)


@pytest.mark.parametrize(("height", "decoders"), [(2160, "8"), (4320, "2")])
def test_few_threads_decode_what_is_larger_than_4k(height, decoders):
    plan = planned(info(width=height * 16 // 9, height=height))

    command = encode_command(plan.reading, plan.output, Path("in"), Path("out"), threads=8)

    reading = command[: command.index("-i")]
    assert reading[reading.index("-threads") + 1] == decoders


@given(st.integers(1, 8192), st.integers(1, 8192), st.sampled_from([(854, 480), (3840, 2160)]))
def test_every_fitted_size_is_even_inside_the_box_and_in_shape(width, height, box):
    across, down = box if width >= height else box[::-1]

    fit_width, fit_height = fitted((width, height), box)

    assert fit_width % 2 == fit_height % 2 == 0
    assert fit_width <= max(2, min(width, across))
    assert fit_height <= max(2, min(height, down))
    scale = min(1, across / width, down / height)
    assert abs(fit_width - width * scale) <= 2
    assert abs(fit_height - height * scale) <= 2


def test_the_ceiling_follows_the_frames_that_come_out():
    large, small = encoding(info(), BY_BYTES), encoding(info(20 * MEGABYTE), BY_BYTES)

    assert large.max_rate_kbps == round(1920 * 1080 * 30 * 0.2 / 1000)
    assert small.max_rate_kbps == round(854 * 480 * 30 * 0.2 / 1000)


@pytest.mark.parametrize(
    ("change", "is_copied"),
    [
        ({}, True),
        ({"bit_rate": 131_000}, True),
        ({"bit_rate": 192_000}, False),
        ({"bit_rate": None}, False),
        ({"channels": 6}, False),
        ({"codec": "mp3"}, False),
        ({"profile": "HE-AAC"}, False),
        ({"sample_rate_hz": 22050}, False),
    ],
)
def test_only_sound_that_could_be_ours_is_copied(change, is_copied):
    plan = planned(info(audio=replace(SOUND, **change)))

    assert plan.sound.is_copied is is_copied
    assert plan.sound.channels <= 2
    assert plan.sound.sample_rate_hz in {44100, 48000}


def test_untagged_colours_are_read_as_players_read_them():
    unknown = {"color_matrix": "unknown", "color_primaries": "unknown"}

    hd = encoding(info(**unknown))
    sd = encoding(info(width=640, height=480, **unknown))

    assert hd.color.matrix == "bt709"
    assert "in_color_matrix=bt709:out_color_matrix=bt709" in hd.filters
    assert sd.color.matrix == "smpte170m"


def test_a_lying_pixel_shape_is_not_believed():
    plan = encoding(info(pixel_shape=Fraction(1000, 1)))

    assert (plan.width, plan.height) == (1920, 1080)


def test_what_stands_in_for_a_kept_video_is_as_light_as_any():
    compact = info(width=1280, height=720, level=31, bit_rate=300_000, profile="High")

    plan = planned(compact, lighter_steps=2)

    assert (plan.kept.width, plan.kept.height) == (1280, 720)
    assert not plan.kept_notes
    assert (plan.video.width, plan.video.height) == (854, 480)
    assert plan.notes == (Note(NoteCode.LIGHTER_VERSION),)
