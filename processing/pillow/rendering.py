"""Turns an opened picture into the pixels of its plan: upright, at its size, in sRGB."""

from collections.abc import Callable
from typing import Final

from PIL import Image

from processing.image.plan import TURNED, ImagePlan
from processing.pillow.blame import blaming_the_file
from processing.pillow.color import flattened_depth, is_srgb, to_srgb
from processing.pillow.loading import load

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
_LANCZOS: Final = Image.Resampling.LANCZOS
_OPAQUE: Final = (255, 255)
_CAN_BE_GRAY: Final = frozenset({"avif", "jpeg", "png"})

Report = Callable[[float], None]  # told the share that is done, from 0 to 1


def rendered_still(picture: Image.Image, plan: ImagePlan) -> Image.Image:
    """The picture upright, at the plan's size, in sRGB; what was decoded for it is given back."""
    stored = stored_size(plan)
    with blaming_the_file():
        if picture.format in {"JPEG", "MPO"}:
            picture.draft(picture.mode, stored)
        made = finished(picture, stored, plan, plan.target)
    still = Image.Image()._new(made.im)  # noqa: SLF001 - the pixels alone: no file, no metadata
    picture.close()  # what was decoded may be ten times as large, and is not needed any more
    return still


def stored_size(plan: ImagePlan) -> tuple[int, int]:
    """The plan's size before the picture is turned."""
    if plan.orientation in TURNED:
        return plan.height, plan.width
    return plan.width, plan.height


def finished(
    picture: Image.Image, stored: tuple[int, int], plan: ImagePlan, target: str
) -> Image.Image:
    """The decoded picture, scaled to `stored`, turned, in sRGB; `picture` itself if it is that."""
    load(picture)
    profile = picture.info.get("icc_profile")
    flat = _without_idle_alpha(flattened_depth(picture))
    if flat.size != stored:
        scaling = _LANCZOS if plan.is_scaled_by_lanczos else Image.Resampling.BICUBIC
        flat = flat.resize(stored, scaling, reducing_gap=_REDUCING_GAP)
    if plan.orientation in _TURNS:
        flat = flat.transpose(_TURNS[plan.orientation])
    if is_srgb(profile) and flat.mode in _ready_modes(target):
        return flat
    return to_srgb(flat, None if is_srgb(profile) else profile)


def _without_idle_alpha(picture: Image.Image) -> Image.Image:
    """The same without a transparency that hides nothing, which would be scaled and stored, too."""
    if picture.mode in {"LA", "RGBA"} and picture.getchannel("A").getextrema() == _OPAQUE:
        return picture.convert(picture.mode[:-1])
    return picture


def _ready_modes(target: str) -> frozenset[str]:
    return frozenset({"RGB", "RGBA", "L"} if target in _CAN_BE_GRAY else {"RGB", "RGBA"})
