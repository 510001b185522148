"""The steps from decoded pixels to those of the plan, for a still and for each frame alike."""

from typing import Final, NamedTuple

from PIL import Image, Jpeg2KImagePlugin

from processing.image.pixels.damage import failures_mean_damage
from processing.image.pixels.decoding import decode
from processing.image.pixels.depth import in_8_bits
from processing.image.pixels.opened import Opened
from processing.image.pixels.srgb import is_srgb, to_srgb
from processing.image.plan import ImagePlan
from processing.targets import IMAGE_TARGETS, ImageTarget

# EXIF's orientation to what has to be done about it; 1 is upright.
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Shrinking by whole numbers first costs nothing visible from three times the size on.
_REDUCING_GAP: Final = 3.0
# Lossy formats leave such values where 255 was meant, and nobody sees through them.
_OPAQUE_FROM: Final = 252


class Way(NamedTuple):
    """What the steps go by."""

    opened: Opened
    plan: ImagePlan
    target: ImageTarget  # perhaps another than the plan's
    profile: bytes | None  # of the source's colours


def rendered_still(opened: Opened, plan: ImagePlan) -> Image.Image:
    """The image upright, at the plan's size, in sRGB; what was decoded for it is given back."""
    image = opened.image
    with failures_mean_damage():
        _ask_for_less(opened, plan.stored_size)
        decode(opened)
        profile = image.info.get("icc_profile")
        made = rendered(image, Way(opened, plan, IMAGE_TARGETS[plan.target], profile))
    still = Image.Image()._new(made.im)  # noqa: SLF001 - the pixels alone: no file, no metadata
    image.close()  # What was decoded may be ten times as large, and is not needed any more.
    return still


def _ask_for_less(opened: Opened, size: tuple[int, int]) -> None:
    """Have the decoder shrink the image itself, where it can, to no less than `size`."""
    image = opened.image
    if image.format in {"JPEG", "MPO"}:
        image.draft(image.mode, size)
    if isinstance(image, Jpeg2KImagePlugin.Jpeg2KImageFile):
        scale = min(image.width // size[0], image.height // size[1])
        image.reduce = min(opened.halvings, max(1, scale).bit_length() - 1)


def rendered(image: Image.Image, way: Way) -> Image.Image:
    """A decoded image or frame after all steps; `image` itself where none of them changes it."""
    for step in STEPS:
        image = step(image, way)
    return image


def _in_8_bits(image: Image.Image, way: Way) -> Image.Image:
    return in_8_bits(image, way.opened.gray_bits, is_negative=way.opened.is_negative)


def _without_idle_alpha(image: Image.Image, _way: Way) -> Image.Image:
    """The same without a transparency that hides nothing, which would be scaled and stored, too."""
    if image.mode not in {"LA", "RGBA"}:
        return image
    least = image.getchannel("A").getextrema()[0]
    is_idle = isinstance(least, int | float) and least >= _OPAQUE_FROM
    return image.convert(image.mode[:-1]) if is_idle else image


def _scaled(image: Image.Image, way: Way) -> Image.Image:
    if image.size == way.plan.stored_size:
        return image
    is_sharp = way.plan.is_scaled_by_lanczos
    scaling = Image.Resampling.LANCZOS if is_sharp else Image.Resampling.BICUBIC
    return image.resize(way.plan.stored_size, scaling, reducing_gap=_REDUCING_GAP)


def _turned(image: Image.Image, way: Way) -> Image.Image:
    turn = _TURNS.get(way.plan.orientation)
    return image if turn is None else image.transpose(turn)


def _in_srgb(image: Image.Image, way: Way) -> Image.Image:
    profile = None if is_srgb(way.profile) else way.profile
    if profile is None and image.mode in way.target.modes:
        return image
    return to_srgb(image, profile)


# Colours come last: they cost by the pixel, and by then there are the fewest.
STEPS: Final = (_in_8_bits, _without_idle_alpha, _scaled, _turned, _in_srgb)
