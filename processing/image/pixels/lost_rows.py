"""Completes an image of which no more than its last few rows are missing."""

import contextlib
import io
from collections.abc import Iterator
from typing import Final

from PIL import Image, ImageChops, ImageFile

from processing.image.pixels.opened import Opened
from processing.image.pixels.truncated_jpeg import decoded_two_ways

_TOLERATED_MISSING_SHARE: Final = 0.05
_DECODED_ROW_BY_ROW: Final = frozenset({"PNG", "GIF", "BMP", "TIFF"})
_RUNS: Final = frozenset({1, 2})  # a BMP's run-length compressions
_SIXTEEN_BIT: Final = "I;16"
_BLOCK_ROWS: Final = 16


def completed(opened: Opened) -> Image.Image | None:
    """A still with what could not be decoded filled in; None when that cannot be done honestly."""
    image = opened.image
    if opened.frames > 1 and image.format != "MPO":
        return None
    if image.format == "BMP" and image.info.get("compression") in _RUNS:
        return None  # Pillow decodes these in Python: twice more would take many seconds.
    is_jpeg = image.format in {"JPEG", "MPO"}
    pair = None
    with contextlib.suppress(OSError, SyntaxError, ValueError, IndexError, EOFError):
        if is_jpeg:
            pair = decoded_two_ways(opened)
        elif image.format in _DECODED_ROW_BY_ROW:
            with _cut_files_allowed():
                pair = _decoded_over(opened, 0), _decoded_over(opened, 255)
    return _filled(*pair, to_the_end=is_jpeg) if pair else None


def _filled(one: Image.Image, other: Image.Image, *, to_the_end: bool) -> Image.Image | None:
    """`one`, with its undecoded pixels filled from above; None when they are too many.

    Both are the same image decoded over different fillings, so that they differ exactly where
    nothing was decoded; or, `to_the_end`, from where on nothing was.
    """
    difference = ImageChops.difference(_comparable(one), _comparable(other))
    lost = _lost_pixels(difference, to_the_end=to_the_end)
    share = sum(one.width - left for left in lost.values()) / (one.width * one.height)
    if share > _TOLERATED_MISSING_SHARE:
        return None
    first_good = next(y for y in range(one.height) if y not in lost)
    for y, left in sorted(lost.items()):
        near = y - 1 if y > first_good else first_good
        one.paste(one.crop((left, near, one.width, near + 1)), (left, y))
    return one


def _lost_pixels(difference: Image.Image, *, to_the_end: bool) -> dict[int, int]:
    """The rows in which something is missing, each with the column from which on it is.

    Blocks may be 16 rows high, so that the first rows may be there in part.
    """
    _, differs = difference.getprojection()
    lost = [y for y, differing in enumerate(differs) if differing]
    if to_the_end and lost:
        lost = list(range(lost[0], difference.height))
    partly = {}
    for y in lost[:_BLOCK_ROWS]:
        box = difference.crop((0, y, difference.width, y + 1)).getbbox(alpha_only=False)
        partly[y] = box[0] if box else 0
    return dict.fromkeys(lost, 0) | partly


def _decoded_over(opened: Opened, filling: int) -> Image.Image:
    """The file decoded as far as it goes, on a ground of one value."""
    source = io.BytesIO(opened.data) if opened.data else opened.path
    again = Image.open(source, formats=[str(opened.image.format)])
    if not isinstance(again, ImageFile.ImageFile):
        raise OSError("not decoded piece by piece")
    again.filename = ""  # Else Pillow may map the file, and painting on that is a crash.
    prepare = again.load_prepare

    def prepare_and_fill() -> None:
        prepare()
        value = filling * 257 if again.im.mode.startswith(_SIXTEEN_BIT) else filling
        bands = again.im.bands
        again.im.paste(value if bands == 1 else (value,) * bands, (0, 0, *again.im.size))

    again.load_prepare = prepare_and_fill  # type: ignore[method-assign]
    again.load()
    return again


@contextlib.contextmanager
def _cut_files_allowed() -> Iterator[None]:
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _comparable(image: Image.Image) -> Image.Image:
    """In a mode whose pixels can be subtracted."""
    if image.mode.startswith(_SIXTEEN_BIT):
        return Image.frombytes("L", (image.width * 2, image.height), image.tobytes())
    return image.convert("L") if image.mode == "1" else image
