"""Decides everything about a picture's rendition: facts and rules in, every number out."""

from dataclasses import dataclass
from typing import Final

from compression_config import ImageRule, Profile
from processing.formats import by_name

_WEBP_MAX_SIDE_PX: Final = 16383
TURNED: Final = frozenset({5, 6, 7, 8})  # EXIF orientations that swap the sides
_DRAWN: Final = frozenset({"png", "gif", "bmp", "tiff"})  # formats in which graphics come


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
    effort: int  # WebP's method, AVIF's speed, PNG's level
    lossless_up_to_colors: int  # a drawing of so few colours is also tried without loss; 0: never
    may_hand_back: bool  # the source, cleaned, may stand in where no rendition is smaller
    notes: tuple[str, ...]

    @property
    def is_animated(self) -> bool:
        """Whether more than one frame is to be written."""
        return self.frames > 1


def plan_image(info: PictureInfo, profile: Profile, output: str) -> ImagePlan:
    """The rendition of `info` under the rule for its size."""
    rule = rule_for(info.size_bytes, profile)
    target = _target(info, output)
    shown = (info.width, info.height)
    width, height = fitted(shown[::-1] if info.orientation in TURNED else shown, rule, target)
    return ImagePlan(
        source=info.format_name,
        target=target,
        width=width,
        height=height,
        orientation=info.orientation,
        frames=info.frames,
        loop=info.loop,
        quality=_quality(target, rule),
        effort=_effort(target, info, profile),
        lossless_up_to_colors=1024 if info.format_name in _DRAWN and target == "webp" else 0,
        may_hand_back=_may_hand_back(info, rule),
        notes=("Only the first of several pictures was kept.",) if info.pages > 1 else (),
    )


def rule_for(size_bytes: int, profile: Profile) -> ImageRule:
    """The first image rule that holds a file of this size."""
    return next(
        rule for rule in profile.image if rule.below_bytes is None or size_bytes < rule.below_bytes
    )


def fitted(size: tuple[int, int], rule: ImageRule, target: str) -> tuple[int, int]:
    """`size` shrunk until its longest side is allowed; never enlarged, never below one pixel."""
    longest = min(rule.max_side_px, _WEBP_MAX_SIDE_PX if target == "webp" else rule.max_side_px)
    scale = min(1.0, longest / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _target(info: PictureInfo, output: str) -> str:
    if output != "keep":
        return output
    return info.format_name if by_name(info.format_name).shown_by_browsers else "webp"


def _quality(target: str, rule: ImageRule) -> int:
    qualities = {"avif": rule.avif_quality, "jpeg": rule.jpeg_quality}
    return qualities.get(target, rule.webp_quality)


def _effort(target: str, info: PictureInfo, profile: Profile) -> int:
    webp = profile.webp_method if info.frames == 1 else profile.webp_animation_method
    return {"webp": webp, "avif": profile.avif_speed}.get(target, profile.png_level)


def _may_hand_back(info: PictureInfo, rule: ImageRule) -> bool:
    """An upright, small enough picture in a format and colours that browsers show right."""
    return (
        by_name(info.format_name).shown_by_browsers
        and info.orientation == 1
        and info.is_web_color
        and max(info.width, info.height) <= rule.max_side_px
    )
