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


def encoded_still(picture: Image.Image, plan: ImagePlan, quality: int, target: str) -> bytes:
    """A finished picture in the target's format."""
    buffer = io.BytesIO()
    if target == "jpeg" and picture.mode not in {"L", "RGB"}:
        picture = picture.convert("RGB")
    picture.save(buffer, format=target.upper(), **options(plan, quality, target))
    return buffer.getvalue()


def encoded_without_loss(picture: Image.Image, plan: ImagePlan) -> bytes | None:
    """A drawing as lossless WebP; None when it has too many colours to be one."""
    if not plan.lossless_up_to_colors or plan.target != "webp":
        return None
    if picture.getcolors(plan.lossless_up_to_colors) is None:
        return None
    return _without_loss(picture)


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
    buffer = io.BytesIO()
    picture.save(buffer, format="WEBP", lossless=True, **_LOSSLESS_EFFORT)
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
