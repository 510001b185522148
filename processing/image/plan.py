"""Decides everything about an image's rendition: facts and an order in, every number out."""

from dataclasses import dataclass, replace
from typing import Final

from compression_config import (
    COMPACT_BITS_PER_PIXEL,
    COMPACT_FROM_PIXELS,
    PROFILES,
    ImageRule,
    LighterStep,
    Profile,
)
from notes import Note, NoteCode
from order import Order
from processing.allowance import Allowance
from processing.image.info import TURNED, ImageInfo
from processing.targets import IMAGE_TARGETS, LARGEST_SIDE_PX

_DRAWN: Final = frozenset({"png", "gif", "bmp", "tiff"})  # formats in which graphics come
_FEW_COLORS: Final = 1024
# Of a photo's pixels every third to tenth has a colour of its own; of a screenshot's with smooth
# type and gradients every hundredth or fewer.
_PIXELS_FOR_A_DRAWN_COLOR: Final = 32
_SMALLEST_JPEG_SCALE: Final = 2  # From half the size on a JPEG's decoder has less to do.
_FASTEST_AVIF: Final = 10


@dataclass(frozen=True, slots=True)
class ImagePlan:
    """One rendition of an image; nothing is left to decide."""

    source: str  # the name of the format it comes in
    target: str  # the name of the format it is to be in
    width: int  # as shown, upright
    height: int
    orientation: int  # to be applied
    frames: int
    loop: int
    quality: int  # on the target's own scale; see targets.py for formats without loss
    is_scaled_by_lanczos: bool  # else by the bicubic filter, which is faster
    effort: int  # WebP's method, AVIF's speed, PNG's level
    lossless_up_to_colors: int  # a drawing of so few colours is also tried without loss; 0: never
    may_hand_back: bool  # the source, cleaned, may stand in where no rendition is smaller
    own_size: tuple[int, int] | None  # of a source that may stand in though larger than allowed
    is_already_compact: bool  # it is to stand in at once, if it can be decoded
    notes: tuple[Note, ...]

    @property
    def is_animated(self) -> bool:
        """Whether more than one frame is to be written."""
        return self.frames > 1

    @property
    def stored_size(self) -> tuple[int, int]:
        """Width and height before the image is turned."""
        is_turned = self.orientation in TURNED
        return (self.height, self.width) if is_turned else (self.width, self.height)


def plan_image(info: ImageInfo, order: Order, allowance: Allowance) -> ImagePlan:
    """The rendition of `info` under the rule for its size, and what was asked for."""
    profile, step = PROFILES[order.profile], allowance.lighter_step
    rule = _lightened(rule_for(info.size_bytes, profile), step)
    if info.frames > 1:
        rule = replace(rule, kept_side_px=0)  # What is kept is paid for in every frame.
    target = _target(info, order.image_output)
    width, height = fitted(info.shown_size, rule)
    return ImagePlan(
        source=info.format_name,
        target=target,
        width=width,
        height=height,
        orientation=info.orientation,
        frames=info.frames,
        loop=info.loop,
        quality=IMAGE_TARGETS[target].quality(rule),
        is_scaled_by_lanczos=_is_scaled_by_lanczos(info, profile, max(width, height)),
        effort=_effort(info, profile, step, (target, width, height)),
        lossless_up_to_colors=_lossless_up_to_colors(info, target, width * height),
        may_hand_back=_may_hand_back(info, rule),
        own_size=info.shown_size if _is_shown_right(info) else None,
        is_already_compact=_may_hand_back(info, rule) and _is_compact(info, target),
        notes=_notes(info, step),
    )


def rule_for(size_bytes: int, profile: Profile) -> ImageRule:
    """The first image rule that holds a file of this size."""
    return next(
        rule for rule in profile.image if rule.below_bytes is None or size_bytes < rule.below_bytes
    )


def fitted(size: tuple[int, int], rule: ImageRule) -> tuple[int, int]:
    """`size` shrunk as far as the rule says; never enlarged, never below one pixel."""
    scale = max(rule.max_side_px / max(size), rule.kept_side_px / min(size))
    scale = min(1.0, scale, LARGEST_SIDE_PX / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def target_kept(format_name: str) -> str:
    """The target for a source whose format is to be kept: that itself where browsers show it."""
    return format_name if format_name in IMAGE_TARGETS else "webp"


def _lightened(rule: ImageRule, step: LighterStep | None) -> ImageRule:
    if step is None:
        return rule
    return replace(rule, max_side_px=min(rule.max_side_px, step.max_side_px), kept_side_px=0)


def _target(info: ImageInfo, output: str) -> str:
    return target_kept(info.format_name) if output == "keep" else output


def _effort(
    info: ImageInfo, profile: Profile, step: LighterStep | None, result: tuple[str, int, int]
) -> int:
    target, width, height = result
    if target == "avif":
        return _FASTEST_AVIF if step else profile.avif_speed
    if target != "webp":
        return profile.png_level
    if info.frames > 1:
        method = profile.webp_animation_method
    elif _is_worth_effort(info, (width, height)):
        method = profile.webp_method
    else:
        method = profile.webp_method_whole
    return min(method, step.webp_method) if step else method


def _is_worth_effort(info: ImageInfo, size: tuple[int, int]) -> bool:
    """Whether encoding is not the dearer half, or gains most: in haste, transparency is large."""
    is_small = size[0] * size[1] < COMPACT_FROM_PIXELS
    is_drawn = info.format_name in _DRAWN or info.has_alpha
    return is_small or is_drawn or _is_decoded_at_reduced_scale(info, max(size))


def _is_scaled_by_lanczos(info: ImageInfo, profile: Profile, longest_side_px: int) -> bool:
    """Always for drawings, and where a JPEG's decoder has done most of the scaling already."""
    if profile.bicubic_from_scale is None or info.format_name in _DRAWN:
        return True
    scale = max(info.width, info.height) / longest_side_px
    is_little = scale < profile.bicubic_from_scale
    return is_little or _is_decoded_at_reduced_scale(info, longest_side_px)


def _is_decoded_at_reduced_scale(info: ImageInfo, longest_side_px: int) -> bool:
    scale = max(info.width, info.height) / longest_side_px
    return info.format_name == "jpeg" and scale >= _SMALLEST_JPEG_SCALE


def _lossless_up_to_colors(info: ImageInfo, target: str, pixels: int) -> int:
    if target != "webp":
        return 0
    if info.format_name not in _DRAWN:
        return _FEW_COLORS
    return max(_FEW_COLORS, pixels // _PIXELS_FOR_A_DRAWN_COLOR)


def _may_hand_back(info: ImageInfo, rule: ImageRule) -> bool:
    return _is_shown_right(info) and fitted(info.shown_size, rule) == info.shown_size


def _is_shown_right(info: ImageInfo) -> bool:
    """Whether browsers show the source right: its format, turn, pixels, colours and size."""
    target = IMAGE_TARGETS.get(info.format_name)
    return (
        target is not None
        and (info.orientation == 1 or target.turn_is_pixels)
        and info.pixel_aspect == 1.0
        and info.is_web_color
        and max(info.width, info.height) <= LARGEST_SIDE_PX
    )


def _is_compact(info: ImageInfo, target: str) -> bool:
    """Whether an image in a format at least as good as the target's has next to nothing to give.

    A JPEG is never that for another target: few bits may also mean a plain image, of which WebP
    makes a tenth. An animated AVIF always is: WebP has no motion compensation.
    """
    pixels = info.width * info.height
    if info.frames > 1:
        return info.format_name == "avif"
    if info.format_name not in {target, "avif"} or pixels < COMPACT_FROM_PIXELS:
        return False
    return info.size_bytes * 8 / pixels <= COMPACT_BITS_PER_PIXEL.get(info.format_name, 0.0)


def _notes(info: ImageInfo, step: LighterStep | None) -> tuple[Note, ...]:
    is_document = info.format_name == "tiff"
    taken = NoteCode.FIRST_PAGE_KEPT if is_document else NoteCode.MAIN_IMAGE_KEPT
    found = {taken: info.pages > 1, NoteCode.LIGHTER_VERSION: step is not None}
    return tuple(Note(code) for code, applies in found.items() if applies)
