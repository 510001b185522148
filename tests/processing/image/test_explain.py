"""Each decision about an image has its words."""

from dataclasses import replace

import pytest

from compression_config import PROFILES
from harness.samples.wanted import wanted
from processing.image.explain import explain_image
from processing.image.info import ImageInfo
from processing.image.plan import plan_image

PHOTO = ImageInfo(
    format_name="jpeg",
    size_bytes=3_000_000,
    width=4032,
    height=3024,
    orientation=1,
    frames=1,
    pages=1,
    loop=0,
    has_alpha=False,
    is_web_color=True,
)


def words(info, **chosen):
    """What is said about each thing."""
    asked = wanted(**{"profile": "balanced", **chosen})
    said = {}
    for reason in explain_image(info, plan_image(info, *asked), *asked):
        said[reason.about] = f"{said.get(reason.about, '')} {reason.sentence}".strip()
    return said


def test_a_large_photo_is_scaled_down_to_what_the_profile_allows():
    said = words(PHOTO)["size"]

    assert "4032 x 3024 pixels are scaled down to 2048 x 1536" in said
    assert "profile balanced" in said


def test_a_small_photo_keeps_its_size():
    assert "nothing is enlarged" in words(replace(PHOTO, width=640, height=480))["size"]


@pytest.mark.parametrize(
    ("info", "output", "expected"),
    [
        (PHOTO, "webp", "WEBP, which every browser shows."),
        (PHOTO, "avif", "AVIF, as asked for"),
        (PHOTO, "keep", "JPEG, the source's own format"),
        (replace(PHOTO, format_name="heic"), "keep", "because HEIC"),
    ],
)
def test_the_format_has_its_reason(info, output, expected):
    assert expected in words(info, image_output=output)["format"]


def test_the_quality_names_the_rule_and_the_effort():
    rule = PROFILES["balanced"].image[0]

    said = words(PHOTO)["quality"]

    assert f"quality {rule.webp_quality} of 100 (profile balanced, {rule.name})" in said
    assert "method " in said


def test_a_drawing_is_also_tried_without_loss():
    assert "without loss" in words(replace(PHOTO, format_name="png"))["quality"]


def test_a_turn_is_told():
    said = words(replace(PHOTO, orientation=6))

    assert "EXIF orientation 6" in said["orientation"]
    assert "3024 x 4032 pixels are scaled down to 1536 x 2048" in said["size"]


def test_an_animation_keeps_its_frames():
    said = words(replace(PHOTO, format_name="gif", frames=12, loop=3))

    assert "without loss" not in said["quality"]
    assert said["animation"] == "All 12 frames are kept, and it plays 3 times."


def test_a_document_gives_its_first_page():
    said = words(replace(PHOTO, format_name="tiff", pages=7))

    assert said["pages"] == "The first of several pages is taken."


def test_a_collection_gives_its_main_image():
    said = words(replace(PHOTO, format_name="heic", pages=3))

    assert said["pages"] == "The main one of several pictures is taken."


def test_odd_colours_and_transparency_are_told():
    said = words(replace(PHOTO, format_name="tiff", is_web_color=False, has_alpha=True))

    assert "sRGB" in said["colour"]
    assert said["transparency"] == "It is kept where there is any."


def test_plain_images_are_not_said_to_have_what_they_lack():
    assert words(PHOTO).keys() == {"format", "size", "quality", "metadata", "fallback"}


def test_notices_of_rights_are_kept_on_demand():
    assert "rights" not in words(PHOTO)["metadata"]
    assert "rights" in words(PHOTO, keep_copyright=True)["metadata"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "the source itself is handed out"),
        ({"format_name": "heic"}, "browsers do not show HEIC"),
        ({"orientation": 8}, "how to turn it"),
        ({"width": 9000, "height": 6000}, "larger than allowed"),
        ({"is_web_color": False}, "colours are not right"),
    ],
)
def test_whether_the_source_may_stand_in_is_told(changes, expected):
    small = replace(PHOTO, width=640, height=480)

    assert expected in words(replace(small, **changes))["fallback"]


def test_an_image_that_is_compact_already_is_handed_out_as_it_is():
    compact = replace(PHOTO, format_name="webp", width=1600, height=1200, size_bytes=20_000)

    said = words(compact)

    assert "handed out, cleaned" in said["passthrough"]
    assert "quality" not in said


def test_a_lighter_step_is_named_as_the_reason():
    assert "after an attempt that was too much" in words(PHOTO, lighter_steps=1)["size"]


def test_an_animated_avif_is_kept_for_the_reason_that_decided():
    said = words(replace(PHOTO, format_name="avif", width=64, height=64, frames=9))["passthrough"]

    assert "motion compensation" in said
    assert "bits a pixel" not in said
