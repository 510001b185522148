"""An image's plan is decided from facts and rules alone: size, effort, what may stand in."""

from dataclasses import replace

import pytest

from compression_config import BALANCED, MEGABYTE
from order import Order
from processing.allowance import Allowance
from processing.image.info import ImageInfo
from processing.image.plan import plan_image


def image(**changes):
    facts = ImageInfo(
        format_name="jpeg",
        size_bytes=MEGABYTE,
        width=4000,
        height=3000,
        orientation=1,
        frames=1,
        pages=1,
        loop=0,
        has_alpha=False,
        is_web_color=True,
    )
    return replace(facts, **changes)


def planned(info, profile):
    return plan_image(info, Order(profile=profile), Allowance())


@pytest.mark.parametrize(
    ("megabytes", "longest", "quality"), [(1, 2048, 85), (10, 2048, 82), (50, 1920, 80)]
)
def test_the_image_rule_follows_the_size_of_the_file(megabytes, longest, quality):
    plan = planned(image(size_bytes=megabytes * MEGABYTE), "seed")

    assert (max(plan.width, plan.height), plan.quality) == (longest, quality)


@pytest.mark.parametrize(
    ("changes", "effort"),
    [
        ({}, BALANCED.webp_method_whole),
        ({"width": 400, "height": 300}, BALANCED.webp_method),
        ({"has_alpha": True}, BALANCED.webp_method),
    ],
)
def test_small_and_transparent_images_are_worth_more_effort(changes, effort):
    heic = image(format_name="heic", **changes)

    assert planned(heic, "balanced").effort == effort


def test_a_turned_image_is_planned_upright():
    plan = planned(image(orientation=6), "seed")

    assert (plan.width, plan.height) == (1536, 2048)


def test_only_what_browsers_show_right_may_be_handed_back():
    small = {"width": 800, "height": 600}

    assert planned(image(**small), "seed").may_hand_back
    assert not planned(image(), "seed").may_hand_back
    assert not plan_image(
        image(**small, orientation=3), Order(profile="seed"), Allowance()
    ).may_hand_back
    assert not plan_image(
        image(**small, is_web_color=False), Order(profile="seed"), Allowance()
    ).may_hand_back
    assert not plan_image(
        image(**small, format_name="heic"), Order(profile="seed"), Allowance()
    ).may_hand_back
