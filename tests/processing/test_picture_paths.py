"""Paths that only some pictures take: scaled decoding, large profiles, limits, no copies."""

import io
import random
from dataclasses import replace

import pytest
from PIL import Image, ImageCms

from compression_config import BALANCED, LIMITS
from errors import LimitFramesError
from processing.image.plan import plan_image
from processing.image.png import tidied
from processing.pillow.opening import open_picture
from processing.pillow.rendering import rendered_still
from tests.processing import media

# The one who opens a picture ends with it, in a child.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def test_a_large_photo_is_decoded_at_reduced_scale(tmp_path):
    source = tmp_path / "in"
    media.photo((6000, 4000)).save(source, "JPEG", quality=60)
    picture, info = open_picture(source, "jpeg", LIMITS)

    rendered_still(picture, plan_image(info, BALANCED, "webp"))

    assert picture.size == (3000, 2000)


def test_too_many_pixels_in_all_frames_together_are_refused(tmp_path):
    source = tmp_path / "in"
    frames = [Image.new("L", (100, 100), number) for number in range(5)]
    frames[0].save(source, "GIF", save_all=True, append_images=frames[1:])

    with pytest.raises(LimitFramesError):
        open_picture(source, "gif", replace(LIMITS, max_animation_pixels=49_999))
    assert open_picture(source, "gif", replace(LIMITS, max_animation_pixels=50_000))


def test_a_profile_of_more_than_a_megabyte_counts(squeeze, tmp_path):
    source = tmp_path / "in"
    profile = media.swapping_profile()
    noise = random.Random(1).randbytes(1 << 20)
    large = (len(profile) + len(noise)).to_bytes(4, "big") + profile[4:] + noise
    assert ImageCms.ImageCmsProfile(io.BytesIO(large))
    Image.new("RGB", (64, 48), (220, 30, 30)).save(source, "PNG", icc_profile=large)

    with Image.open(squeeze(source).path) as picture:
        assert media.is_near(picture.convert("RGB").getpixel((30, 20)), (30, 220, 30), by=60)


def test_a_png_that_is_all_picture_is_held_once():
    buffer = io.BytesIO()
    media.photo((64, 48)).save(buffer, "PNG")
    data = buffer.getvalue()

    assert tidied(data) is data
    assert tidied(data + b"?") == data
    assert tidied(data[:-12]) == data
