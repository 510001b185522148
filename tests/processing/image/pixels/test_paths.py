"""Paths that only some images take: scaled decoding, large profiles, limits, no copies."""

import io
import random
from dataclasses import replace

import pytest
from PIL import Image, ImageCms

from compression_config import LIMITS
from errors import LimitFramesError
from harness.samples import media
from order import Order
from processing.allowance import Allowance
from processing.image.pixels.opening import open_image
from processing.image.pixels.pipeline import rendered_still
from processing.image.pixels.size_claims import refuse_frames
from processing.image.plan import plan_image
from processing.image.structure.png import tidied

# The one who opens an image ends with it, in a child.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def test_a_large_photo_is_decoded_at_reduced_scale(tmp_path):
    source = tmp_path / "in"
    media.photo((6000, 4000)).save(source, "JPEG", quality=60)
    opened, info = open_image(source, "jpeg")

    rendered_still(opened, plan_image(info, Order(), Allowance()))

    assert opened.image.size == (3000, 2000)


def test_too_many_pixels_in_all_frames_together_are_refused(tmp_path):
    source = tmp_path / "in"
    frames = [Image.new("L", (100, 100), number) for number in range(5)]
    frames[0].save(source, "GIF", save_all=True, append_images=frames[1:])
    _, info = open_image(source, "gif")
    most = LIMITS.max_animation_pixels // info.frames

    refuse_frames(replace(info, width=most, height=1))
    with pytest.raises(LimitFramesError):
        refuse_frames(replace(info, width=most + 1, height=1))


def test_a_profile_of_more_than_a_megabyte_counts(squeeze, tmp_path):
    source = tmp_path / "in"
    profile = media.swapping_profile()
    noise = random.Random(1).randbytes(1 << 20)
    large = (len(profile) + len(noise)).to_bytes(4, "big") + profile[4:] + noise
    assert ImageCms.ImageCmsProfile(io.BytesIO(large))
    Image.new("RGB", (64, 48), (220, 30, 30)).save(source, "PNG", icc_profile=large)

    with Image.open(squeeze(source).path) as image:
        assert media.is_near(image.convert("RGB").getpixel((30, 20)), (30, 220, 30), by=60)


def test_a_png_that_is_all_image_is_held_once():
    buffer = io.BytesIO()
    media.photo((64, 48)).save(buffer, "PNG")
    data = buffer.getvalue()

    assert tidied(data) is data
    assert tidied(data + b"?") == data
    assert tidied(data[:-12]) == data
