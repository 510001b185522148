"""Decodes one file of the corpus as the product does, and compares each pixel."""

import warnings
from enum import Enum
from pathlib import Path

from PIL import Image

from errors import CorruptMediaError, UnsupportedMediaError
from harness.layouts.corpus import Sample
from order import Order
from processing.allowance import Allowance
from processing.image.pixels.damage import failures_mean_damage
from processing.image.pixels.opening import open_image
from processing.image.pixels.pipeline import rendered_still
from processing.image.plan import plan_image

_NEAR = 4  # of 255: roundings
_NEAR_OF_LAB = 10  # which is rounded more often


class Verdict(Enum):
    """What became of a file."""

    RIGHT = "right"
    REFUSED = "refused"  # as one that is not read, which is no fault
    WRONG = "wrong"


def verdict(sample: Sample, folder: Path) -> Verdict:
    """Whether the product shows a sound file right; to call it damaged is wrong."""
    source = folder / f"layout.{sample.format_name}"
    source.write_bytes(sample.data)
    with warnings.catch_warnings():
        # The product answers in a child that ends, and leaves it to that to close its file.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            return Verdict.RIGHT if _is_shown(sample, source) else Verdict.WRONG
        except UnsupportedMediaError:
            return Verdict.REFUSED
        except CorruptMediaError:
            return Verdict.WRONG


def _is_shown(sample: Sample, source: Path) -> bool:
    return _is_near(decoded(source, sample.format_name), sample)


def decoded(source: Path, format_name: str) -> Image.Image:
    """The pixels that an encoder would be given, with transparency."""
    with failures_mean_damage():
        opened, info = open_image(source, format_name)
    return rendered_still(opened, plan_image(info, Order(), Allowance())).convert("RGBA")


def _is_near(shown: Image.Image, sample: Sample) -> bool:
    near = _NEAR_OF_LAB if getattr(sample.layout, "photometric", None) == 8 else _NEAR
    if shown.size != (sample.layout.width, sample.layout.height):
        return False
    found = zip(*[iter(shown.tobytes())] * 4, strict=True)
    wanted = [pixel for row in sample.shown for pixel in row]
    return all(_distance(*pair) <= near for pair in zip(found, wanted, strict=True))


def _distance(found: tuple[int, ...], wanted: tuple[float, ...]) -> float:
    """The largest difference of a channel; of colours as far as they can be seen."""
    opacity = wanted[3] / 255
    colors = (abs(a - b) * opacity for a, b in zip(found[:3], wanted[:3], strict=True))
    return max(*colors, abs(found[3] - wanted[3]))
