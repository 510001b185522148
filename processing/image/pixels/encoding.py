"""Writes a finished still in a format, with and without loss."""

import io
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from PIL import Image

from processing.image.pixels.sharp_webp import sharp_webp
from processing.image.plan import ImagePlan
from processing.targets import IMAGE_TARGETS

_LINE_DRAWING_COLORS: Final = 1024
# Two are what a fax had; a scan at reduced size is still larger with each shade more.
_FEWER_GRAYS: Final = (8, 4, 2)
_FEWER_COLORS: Final = (32, 16)
_LOSSLESS_EFFORT: Final = {"quality": 80, "method": 4}
# Photos and gradients of few colours cost seconds without loss, for many times the bytes. Of 87
# images in strips, those worth it were at most 1.5 times as large as with loss, done in haste.
_TRIED_IN_STRIPS_FROM_PIXELS: Final = 400_000
_STRIP_ROWS: Final = 32
_ROWS_FOR_A_STRIP: Final = 256
_HOPELESS: Final = 1.8
_HASTY: Final = {"quality": 82, "method": 0}
_HASTY_WITHOUT_LOSS: Final = {"lossless": True, "quality": 20, "method": 1}


class Quality(NamedTuple):
    """How much of an image is kept, on its target's own scale."""

    of_colors: int
    of_alpha: int = 100  # exact
    is_sharp: bool = False  # Thin coloured edges are kept, for more bytes and time.


def encoded_still(image: Image.Image, plan: ImagePlan, quality: Quality, target: str) -> bytes:
    """A finished image in the target's format."""
    words = writer_words(plan, quality, target)
    if target == "webp" and quality.is_sharp and image.mode in {"RGB", "RGBA"}:
        made = sharp_webp(image, words["quality"], words["alpha_quality"], words["method"])
        if made is not None:
            return made
    return _saved(image, IMAGE_TARGETS[target].writer, words)


def writer_words(plan: ImagePlan, quality: Quality, target: str) -> dict[str, Any]:
    """What Pillow's writer of a format is told; the target may be another than the plan's."""
    row = IMAGE_TARGETS[target]
    effort = plan.effort
    if target != plan.target and row.effort:
        effort = row.effort.usual
    of_alpha = row.alpha_words(quality.of_alpha) if row.alpha_words else {}
    sharp = row.sharp_words if quality.is_sharp else None
    return {**row.words(quality.of_colors, effort), **of_alpha, **(sharp or {})}


def encoded_without_loss(image: Image.Image, plan: ImagePlan) -> bytes | None:
    """A drawing as lossless WebP; None when it has too many colours to be one."""
    if not plan.lossless_up_to_colors or plan.target != "webp":
        return None
    if image.getcolors(plan.lossless_up_to_colors) is None or _is_hopeless(image):
        return None
    return _without_loss(image)


def _is_hopeless(image: Image.Image) -> bool:
    """Whether strips of a large image are much larger without loss than with it."""
    is_small = image.width * image.height < _TRIED_IN_STRIPS_FROM_PIXELS
    if is_small or image.height < _STRIP_ROWS:
        return False
    first = min(_ROWS_FOR_A_STRIP, image.height) // 2 - _STRIP_ROWS // 2
    tops = range(first, image.height - _STRIP_ROWS + 1, _ROWS_FOR_A_STRIP)
    strips = Image.new(image.mode, (image.width, _STRIP_ROWS * len(tops)))
    for number, top in enumerate(tops):
        strip = image.crop((0, top, image.width, top + _STRIP_ROWS))
        strips.paste(strip, (0, number * _STRIP_ROWS))
    with_loss, without = (_saved(strips, "WEBP", each) for each in (_HASTY, _HASTY_WITHOUT_LOSS))
    return len(without) > len(with_loss) * _HOPELESS


def encoded_in_few_colors(image: Image.Image, plan: ImagePlan) -> Iterator[tuple[bytes, int]]:
    """A line drawing as lossless WebP of ever fewer colours, and how many; of others nothing."""
    found = image.getcolors(_LINE_DRAWING_COLORS) if plan.lossless_up_to_colors else None
    if found is None or image.mode != "RGB":
        return
    is_gray = all(isinstance(color, tuple) and len(set(color)) == 1 for _, color in found)
    for colors in _FEWER_GRAYS if is_gray else _FEWER_COLORS:
        few = _in_grays(image, colors) if is_gray else _in_colors(image, colors)
        yield _without_loss(few), colors


def _in_grays(image: Image.Image, grays: int) -> Image.Image:
    top = grays - 1
    table = [round(value * top / 255) * 255 // top for value in range(256)]
    return image.convert("L").point(table).convert("RGB")


def _in_colors(image: Image.Image, colors: int) -> Image.Image:
    return image.quantize(colors, dither=Image.Dither.NONE).convert("RGB")


def _without_loss(image: Image.Image) -> bytes:
    return _saved(image, "WEBP", {"lossless": True, **_LOSSLESS_EFFORT})


def _saved(image: Image.Image, writer: str, words: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=writer, **words)
    return buffer.getvalue()
