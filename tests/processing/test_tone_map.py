"""Bright and wide colours come out as the standards say, by one table for both encoders."""

import subprocess

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat

from processing.tone_map import POINTS, Light, cube_file, table

PQ = Light("pq", "bt2020")
HLG = Light("hlg", "bt2020")


def grays(light):
    """The shown brightness along the axis from black to white."""
    colors = table(light, for_video=True)
    return [colors[at * (POINTS * POINTS + POINTS + 1)] for at in range(POINTS)]


@pytest.mark.parametrize("light", [PQ, HLG, Light("pq", "bt2020", 4000.0), Light("sdr", "p3")])
def test_gray_stays_gray_and_brighter_stays_brighter(light):
    axis = grays(light)

    assert all(max(color) - min(color) < 0.004 for color in axis)
    assert [color[0] for color in axis] == sorted(color[0] for color in axis)
    assert (axis[0], axis[-1]) == ((0, 0, 0), pytest.approx((1, 1, 1), abs=0.004))


def test_diffuse_white_is_bright_and_leaves_room_for_highlights():
    white = grays(HLG)[24][0]  # 75 % of the signal, 203 cd/m2, by BT.2408

    assert 0.85 < white < 0.93


def test_the_darks_are_as_dark_as_they_were():
    ten_nits = grays(PQ)[10][0]  # 31 % of PQ's signal is 11.3 cd/m2 by ST 2084

    assert ten_nits == pytest.approx((11.3 / 203) ** (1 / 2.4), abs=0.01)


def test_more_than_the_source_can_hold_changes_nothing():
    assert grays(PQ)[-1] == grays(PQ)[26]  # 81 % of PQ's signal is 1,590 cd/m2


def test_what_the_web_cannot_show_is_clipped_and_keeps_its_hue():
    red = table(Light("sdr", "p3"), for_video=False)[POINTS - 1]

    assert red == pytest.approx((1.0, 0.0, 0.0), abs=0.001)


def test_a_soft_color_of_a_wide_gamut_grows_stronger_in_a_narrow_one():
    at = 20 + 12 * POINTS + 12 * POINTS * POINTS
    red, green, blue = table(Light("sdr", "bt2020"), for_video=True)[at]

    assert red > 20 / 32
    assert green < 12 / 32
    assert abs(green - blue) < 0.05


@pytest.mark.parametrize("light", [PQ, HLG])
def test_ffmpeg_and_pillow_read_the_same_table(tmp_path, light):
    (tmp_path / "tone.cube").write_text(cube_file(light))
    scene = Image.linear_gradient("L").resize((64, 64))
    Image.merge("RGB", (scene, scene.rotate(90), scene.rotate(45))).save(tmp_path / "scene.png")
    numbers = [part for color in table(light, for_video=True) for part in color]
    lut = ImageFilter.Color3DLUT(POINTS, numbers)

    with Image.open(tmp_path / "scene.png") as image:
        by_pillow = image.filter(lut)
    subprocess.run(
        [
            *("ffmpeg", "-v", "error", "-i", "scene.png"),
            *(
                "-vf",
                "format=gbrp16,lut3d=file=tone.cube:interp=tetrahedral,format=gbrp",
                "out.png",
            ),
        ],
        cwd=tmp_path,
        check=True,
    )

    with Image.open(tmp_path / "out.png") as by_ffmpeg:
        difference = ImageChops.difference(by_pillow, by_ffmpeg.convert("RGB"))
    # They fill the space between the points differently, which shows in strong dark colours.
    assert max(ImageStat.Stat(difference).mean) < 2
