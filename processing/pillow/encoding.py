"""Writes a finished still in a format, with and without loss."""

import io
from collections.abc import Iterator
from typing import Any, Final

from PIL import Image

from processing.image.plan import ImagePlan

# At AVIF's fast speeds the search for cheaper coefficients takes a fifth of the time and brings
# nothing: without it and one step of quality higher, bytes and SSIMULACRA2 are the same.
_AVIF_ENCODER: Final = {"disable-trellis-quant": "1"}
_LINE_DRAWING_COLORS: Final = 1024
# Two are what a fax had; a scan at reduced size is still larger with each shade more.
_FEWER_GRAYS: Final = (8, 4, 2)
_FEWER_COLORS: Final = (32, 16)
_EFFORT_OF_ANOTHER: Final = {"webp": 4, "avif": 9}  # each format counts on a scale of its own
_LOSSLESS_EFFORT: Final = {"quality": 80, "method": 4}
# Photos and gradients of few colours cost seconds without loss, for many times the bytes. Of 87
# pictures in strips, those worth it were at most 1.5 times as large as with loss, done in haste.
_TRIED_IN_STRIPS_FROM_PIXELS: Final = 400_000
_STRIP_ROWS: Final = 32
_ROWS_FOR_A_STRIP: Final = 256
_HOPELESS: Final = 1.8
_HASTY: Final = {"quality": 82, "method": 0}
_HASTY_WITHOUT_LOSS: Final = {"lossless": True, "quality": 20, "method": 1}


def encoded_still(picture: Image.Image, plan: ImagePlan, quality: int, target: str) -> bytes:
    """A finished picture in the target's format."""
    buffer = io.BytesIO()
    picture.save(buffer, format=target.upper(), **options(plan, quality, target))
    return buffer.getvalue()


def encoded_without_loss(picture: Image.Image, plan: ImagePlan) -> bytes | None:
    """A drawing as lossless WebP; None when it has too many colours to be one."""
    if not plan.lossless_up_to_colors or plan.target != "webp":
        return None
    if picture.getcolors(plan.lossless_up_to_colors) is None or _is_hopeless(picture):
        return None
    return _without_loss(picture)


def _is_hopeless(picture: Image.Image) -> bool:
    """Whether strips of a large picture are much larger without loss than with it."""
    is_small = picture.width * picture.height < _TRIED_IN_STRIPS_FROM_PIXELS
    if is_small or picture.height < _STRIP_ROWS:
        return False
    first = min(_ROWS_FOR_A_STRIP, picture.height) // 2 - _STRIP_ROWS // 2
    tops = range(first, picture.height - _STRIP_ROWS + 1, _ROWS_FOR_A_STRIP)
    strips = Image.new(picture.mode, (picture.width, _STRIP_ROWS * len(tops)))
    for number, top in enumerate(tops):
        strip = picture.crop((0, top, picture.width, top + _STRIP_ROWS))
        strips.paste(strip, (0, number * _STRIP_ROWS))
    with_loss, without = (_as_webp(strips, each) for each in (_HASTY, _HASTY_WITHOUT_LOSS))
    return len(without) > len(with_loss) * _HOPELESS


def encoded_in_few_colors(picture: Image.Image, plan: ImagePlan) -> Iterator[tuple[bytes, int]]:
    """A line drawing as lossless WebP of ever fewer colours, and how many; of others nothing."""
    found = picture.getcolors(_LINE_DRAWING_COLORS) if plan.lossless_up_to_colors else None
    if found is None or picture.mode != "RGB":
        return
    is_gray = all(isinstance(color, tuple) and len(set(color)) == 1 for _, color in found)
    for colors in _FEWER_GRAYS if is_gray else _FEWER_COLORS:
        few = _in_grays(picture, colors) if is_gray else _in_colors(picture, colors)
        yield _without_loss(few), colors


def _in_grays(picture: Image.Image, grays: int) -> Image.Image:
    top = grays - 1
    table = [round(value * top / 255) * 255 // top for value in range(256)]
    return picture.convert("L").point(table).convert("RGB")


def _in_colors(picture: Image.Image, colors: int) -> Image.Image:
    return picture.quantize(colors, dither=Image.Dither.NONE).convert("RGB")


def _without_loss(picture: Image.Image) -> bytes:
    return _as_webp(picture, {"lossless": True, **_LOSSLESS_EFFORT})


def _as_webp(picture: Image.Image, told: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format="WEBP", **told)
    return buffer.getvalue()


def options(plan: ImagePlan, quality: int, target: str) -> dict[str, Any]:
    """What Pillow's writer of a format is told; the target may be another than the plan's."""
    effort = plan.effort if target == plan.target else _EFFORT_OF_ANOTHER.get(target, plan.effort)
    told: dict[str, dict[str, Any]] = {
        # A smaller WebP may stand in for an AVIF, whose efforts go to 10.
        "webp": {"quality": quality, "method": effort},
        # More threads would finish one picture sooner and two pictures at once later.
        "avif": {
            "quality": quality,
            "speed": effort,
            "max_threads": 1,
            "advanced": _AVIF_ENCODER,
        },
        "jpeg": {"quality": quality, "optimize": True, "progressive": True},
        "png": {"optimize": True, "compress_level": effort},
        "gif": {"optimize": True},
    }
    return told[target]
