"""Decides everything about a picture's rendition: facts and rules in, every number out."""

from dataclasses import dataclass, replace
from typing import Final

from compression_config import (
    COMPACT_BITS_PER_PIXEL,
    COMPACT_FROM_PIXELS,
    LIGHTER_STEPS,
    ImageRule,
    LighterStep,
    Profile,
)
from processing.formats import by_name

_LONGEST_SIDE_PX: Final = 16383  # WebP's; browsers show no larger ones of other formats either
TURNED: Final = frozenset({5, 6, 7, 8})  # EXIF orientations that swap the sides
_DRAWN: Final = frozenset({"png", "gif", "bmp", "tiff"})  # formats in which graphics come
_FEW_COLORS: Final = 1024
# Of a photo's pixels every third to tenth has a colour of its own; of a screenshot's with smooth
# type and gradients every hundredth or fewer.
_PIXELS_FOR_A_DRAWN_COLOR: Final = 32
_SMALLEST_JPEG_SCALE: Final = 2  # from half the size on a JPEG's decoder has less to do
_FASTEST_AVIF: Final = 10
_LIGHTER_NOTE: Final = (
    "A faster, smaller version was made, because an earlier attempt was too much for this machine."
)


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """The measured facts of a picture, from its headers."""

    format_name: str
    size_bytes: int
    width: int  # as stored
    height: int
    orientation: int  # EXIF's 1 to 8, still to be applied; 1: upright
    frames: int  # of an animation; 1: a still
    pages: int  # of a document or a collection, of which the first is taken
    loop: int  # how often an animation plays; 0: for ever
    has_alpha: bool
    is_web_color: bool  # browsers show its stored colours right: gray or RGB, 8 bit, sRGB or tagged
    is_srgb: bool = True  # else it is tagged with other colours, which are converted


@dataclass(frozen=True, slots=True)
class ImagePlan:
    """One rendition of a picture; nothing is left to decide."""

    source: str  # the name of the format it comes in
    target: str  # the name of the format it is to be in
    width: int  # as shown, upright
    height: int
    orientation: int  # to be applied
    frames: int
    loop: int
    quality: int  # on the target's own scale; formats without loss have none
    is_scaled_by_lanczos: bool  # else by the bicubic filter, which is faster
    effort: int  # WebP's method, AVIF's speed, PNG's level
    lossless_up_to_colors: int  # a drawing of so few colours is also tried without loss; 0: never
    may_hand_back: bool  # the source, cleaned, may stand in where no rendition is smaller
    own_size: tuple[int, int] | None  # of a source that may stand in though larger than allowed
    is_already_compact: bool  # it is to stand in at once, if it can be decoded
    notes: tuple[str, ...]

    @property
    def is_animated(self) -> bool:
        """Whether more than one frame is to be written."""
        return self.frames > 1


def plan_image(info: PictureInfo, profile: Profile, output: str, lighter: int = 0) -> ImagePlan:
    """The rendition of `info` under the rule for its size.

    `lighter` counts the earlier attempts that were too much for this machine.
    """
    step = LIGHTER_STEPS[min(lighter, len(LIGHTER_STEPS)) - 1] if lighter else None
    rule = _lightened(rule_for(info.size_bytes, profile), step)
    if info.frames > 1:
        rule = replace(rule, kept_side_px=0)  # what is kept is paid for in every frame
    target = _target(info, output)
    width, height = fitted(shown_size(info), rule)
    return ImagePlan(
        source=info.format_name,
        target=target,
        width=width,
        height=height,
        orientation=info.orientation,
        frames=info.frames,
        loop=info.loop,
        quality=_quality(target, rule),
        is_scaled_by_lanczos=_is_scaled_by_lanczos(info, profile, max(width, height)),
        effort=_effort(info, profile, step, (target, width, height)),
        lossless_up_to_colors=_lossless_up_to_colors(info, target, width * height),
        may_hand_back=_may_hand_back(info, rule),
        own_size=shown_size(info) if _is_shown_right(info) else None,
        is_already_compact=_may_hand_back(info, rule) and _is_compact(info, target),
        notes=_notes(info, step),
    )


def rule_for(size_bytes: int, profile: Profile) -> ImageRule:
    """The first image rule that holds a file of this size."""
    return next(
        rule for rule in profile.image if rule.below_bytes is None or size_bytes < rule.below_bytes
    )


def _lightened(rule: ImageRule, step: LighterStep | None) -> ImageRule:
    if step is None:
        return rule
    return replace(rule, max_side_px=min(rule.max_side_px, step.max_side_px), kept_side_px=0)


def shown_size(info: PictureInfo) -> tuple[int, int]:
    """Width and height of the source, upright."""
    is_turned = info.orientation in TURNED
    return (info.height, info.width) if is_turned else (info.width, info.height)


def fitted(size: tuple[int, int], rule: ImageRule) -> tuple[int, int]:
    """`size` shrunk as far as the rule says; never enlarged, never below one pixel."""
    scale = max(rule.max_side_px / max(size), rule.kept_side_px / min(size))
    scale = min(1.0, scale, _LONGEST_SIDE_PX / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _target(info: PictureInfo, output: str) -> str:
    if output != "keep":
        return output
    return info.format_name if by_name(info.format_name).shown_by_browsers else "webp"


def _quality(target: str, rule: ImageRule) -> int:
    qualities = {"avif": rule.avif_quality, "jpeg": rule.jpeg_quality}
    return qualities.get(target, rule.webp_quality)


def _effort(
    info: PictureInfo, profile: Profile, step: LighterStep | None, result: tuple[str, int, int]
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


def _is_worth_effort(info: PictureInfo, size: tuple[int, int]) -> bool:
    """Whether encoding is not the dearer half, or gains most: in haste, transparency is large."""
    is_small = size[0] * size[1] < COMPACT_FROM_PIXELS
    is_drawn = info.format_name in _DRAWN or info.has_alpha
    return is_small or is_drawn or _is_decoded_at_reduced_scale(info, max(size))


def _is_scaled_by_lanczos(info: PictureInfo, profile: Profile, longest_side_px: int) -> bool:
    """Always for drawings, and where a JPEG's decoder has done most of the scaling already."""
    if profile.bicubic_from_scale is None or info.format_name in _DRAWN:
        return True
    scale = max(info.width, info.height) / longest_side_px
    is_little = scale < profile.bicubic_from_scale
    return is_little or _is_decoded_at_reduced_scale(info, longest_side_px)


def _is_decoded_at_reduced_scale(info: PictureInfo, longest_side_px: int) -> bool:
    scale = max(info.width, info.height) / longest_side_px
    return info.format_name == "jpeg" and scale >= _SMALLEST_JPEG_SCALE


def _lossless_up_to_colors(info: PictureInfo, target: str, pixels: int) -> int:
    if info.format_name not in _DRAWN or target != "webp":
        return 0
    return max(_FEW_COLORS, pixels // _PIXELS_FOR_A_DRAWN_COLOR)


def _may_hand_back(info: PictureInfo, rule: ImageRule) -> bool:
    return _is_shown_right(info) and fitted(shown_size(info), rule) == shown_size(info)


def _is_shown_right(info: PictureInfo) -> bool:
    """An upright picture in a format, colours and a size that browsers show right.

    An AVIF's turn is a part of the picture, not of its metadata, and outlives the cleaning.
    """
    return (
        by_name(info.format_name).shown_by_browsers
        and (info.orientation == 1 or info.format_name == "avif")
        and info.is_web_color
        and max(info.width, info.height) <= _LONGEST_SIDE_PX
    )


def _is_compact(info: PictureInfo, target: str) -> bool:
    """Whether a picture in a format at least as good as the target's has next to nothing to give.

    A JPEG is never that for another target: few bits may also mean a plain picture, of which WebP
    makes a tenth. An animated AVIF always is: WebP has no motion compensation.
    """
    pixels = info.width * info.height
    if info.frames > 1:
        return info.format_name == "avif"
    if info.format_name not in {target, "avif"} or pixels < COMPACT_FROM_PIXELS:
        return False
    return info.size_bytes * 8 / pixels <= COMPACT_BITS_PER_PIXEL.get(info.format_name, 0.0)


def _notes(info: PictureInfo, step: LighterStep | None) -> tuple[str, ...]:
    taken = "first of several pages" if info.format_name == "tiff" else "main one of the pictures"
    pages = (f"Only the {taken} was kept.",) if info.pages > 1 else ()
    return (*pages, _LIGHTER_NOTE) if step else pages
