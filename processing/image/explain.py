"""Says in words why an image's rendition will be what its plan says."""

from collections.abc import Iterator

from compression_config import PROFILES
from order import Order
from processing.allowance import Allowance
from processing.image.info import ImageInfo
from processing.image.plan import ImagePlan, rule_for
from processing.outlook import Reason
from processing.targets import IMAGE_TARGETS


def explain_image(
    info: ImageInfo, plan: ImagePlan, order: Order, allowance: Allowance
) -> tuple[Reason, ...]:
    """Each decision of `plan`, in the order in which it is carried out."""
    if plan.is_already_compact:
        return (*_kept(info), *_dropped(order))
    return (
        *_format(plan, order),
        *_size(info, plan, order, allowance),
        *_quality(info, plan, order),
        *_frames(info, plan),
        *_looks(info),
        *_dropped(order),
        *_fallback(info, plan),
    )


def _kept(info: ImageInfo) -> Iterator[Reason]:
    name = info.format_name.upper()
    if info.frames > 1:
        why = f"browsers play {name}, and WebP, without motion compensation, would not be smaller"
    else:
        bits = info.size_bytes * 8 / (info.width * info.height)
        why = f"{bits:.2f} bits a pixel are no more than we would take, and browsers show {name}"
    yield Reason("passthrough", f"The source itself is handed out, cleaned: {why}.")


def _format(plan: ImagePlan, order: Order) -> Iterator[Reason]:
    name, source = plan.target.upper(), plan.source.upper()
    if order.image_output == "avif":
        why = "as asked for: smaller than WebP, for newer browsers."
    elif order.image_output == "webp":
        why = "which every browser shows."
    elif plan.target == plan.source:
        why = "the source's own format, as asked for."
    else:
        why = f"because {source}, though it was to be kept, is not shown by browsers."
    yield Reason("format", f"{name}, {why}")


def _size(info: ImageInfo, plan: ImagePlan, order: Order, allowance: Allowance) -> Iterator[Reason]:
    shown = info.shown_size
    if info.orientation != 1:
        yield Reason(
            "orientation",
            f"The pixels are turned or mirrored as EXIF orientation {info.orientation} says, and "
            "the tag is dropped.",
        )
    if info.pixel_aspect != 1.0:
        yield Reason(
            "pixels",
            f"Each pixel is {info.pixel_aspect:.2f} times as wide as high; browsers show all as"
            " square, so the shorter side is stretched.",
        )
    if (plan.width, plan.height) == shown:
        yield Reason("size", f"{shown[0]} x {shown[1]} pixels fit; nothing is enlarged.")
        return
    yield Reason(
        "size",
        f"{shown[0]} x {shown[1]} pixels are scaled down to {plan.width} x {plan.height}: "
        f"{_limit(info, plan, order, allowance)}.",
    )


def _limit(info: ImageInfo, plan: ImagePlan, order: Order, allowance: Allowance) -> str:
    longest, step = max(plan.width, plan.height), allowance.lighter_step
    rule = rule_for(info.size_bytes, PROFILES[order.profile])
    if step is not None and step.max_side_px < rule.max_side_px:
        return f"after an attempt that was too much, the longest side may be {step.max_side_px}"
    if longest > rule.max_side_px:
        return f"so long a picture stays readable at {min(plan.width, plan.height)} pixels across"
    return f"the longest side may be {rule.max_side_px} (profile {order.profile}, {rule.name})"


def _quality(info: ImageInfo, plan: ImagePlan, order: Order) -> Iterator[Reason]:
    rule = rule_for(info.size_bytes, PROFILES[order.profile])
    name, target = plan.target.upper(), IMAGE_TARGETS[plan.target]
    if target.is_lossless:
        yield Reason("quality", f"{name} is without loss.")
    else:
        scale = target.effort
        effort = scale and f"{scale.word} {plan.effort} of {scale.least} to {scale.most}"
        yield Reason(
            "quality",
            f"{name} quality {plan.quality} of 100 (profile {order.profile}, {rule.name})"
            + (f", {effort}." if effort else "."),
        )
    if plan.lossless_up_to_colors and not plan.is_animated:
        yield Reason(
            "quality",
            f"A drawing of at most {plan.lossless_up_to_colors} colours is also tried without "
            "loss, which is taken unless it is a third larger.",
        )


def _frames(info: ImageInfo, plan: ImagePlan) -> Iterator[Reason]:
    if plan.is_animated:
        times = "for ever" if plan.loop == 0 else f"{plan.loop} times"
        yield Reason("animation", f"All {plan.frames} frames are kept, and it plays {times}.")
    if info.pages > 1:
        is_document = info.format_name == "tiff"
        taken = "first of several pages" if is_document else "main one of several pictures"
        yield Reason("pages", f"The {taken} is taken.")


def _looks(info: ImageInfo) -> Iterator[Reason]:
    if not info.is_web_color:
        yield Reason(
            "colour", "Colours are converted to sRGB with 8 bits, which every screen shows."
        )
    elif not info.is_srgb:
        yield Reason(
            "colour",
            "Colours of the file's own profile are converted to sRGB, which every screen shows.",
        )
    if info.has_alpha:
        yield Reason("transparency", "It is kept where there is any.")


def _dropped(order: Order) -> Iterator[Reason]:
    but = ", but for the notices of author and rights" if order.keep_copyright else ""
    yield Reason("metadata", f"Place, camera, dates, thumbnails and notes are removed{but}.")


def _fallback(info: ImageInfo, plan: ImagePlan) -> Iterator[Reason]:
    if plan.may_hand_back:
        yield Reason(
            "fallback", "If the result is not smaller, the source itself is handed out, cleaned."
        )
    elif plan.own_size and (plan.width, plan.height) != plan.own_size:
        yield Reason(
            "fallback",
            "If not even half the size is smaller, the source itself is handed out, cleaned, "
            "though it is larger than allowed.",
        )
    else:
        why = _why_not_itself(info, plan)
        yield Reason("fallback", f"The source cannot stand in for the result: {why}.")


def _why_not_itself(info: ImageInfo, plan: ImagePlan) -> str:
    if info.format_name not in IMAGE_TARGETS:
        return f"browsers do not show {info.format_name.upper()}"
    if (plan.width, plan.height) != info.shown_size:
        return "it is larger than allowed"
    if info.pixel_aspect != 1.0:
        return "browsers would show it distorted"
    if not info.is_web_color:
        return "its colours are not right in every browser"
    return "only its metadata, which is removed, says how to turn it"
