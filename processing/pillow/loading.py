"""Decodes a picture, and completes one of which no more than its last few rows are missing."""

import contextlib
import io
from collections.abc import Iterator
from typing import Final

from PIL import Image, ImageChops, ImageFile

from processing.pillow.cut_jpeg import PATH, decoded_two_ways, looks_cut
from processing.pillow.gif_canvas import covered_by_first_frame, open_canvas_left_transparent
from processing.pillow.tiff_kinds import lab_instead
from processing.pillow.zero_ends import ends_in_zeros

_TOLERATED_MISSING_SHARE: Final = 0.05
HELD: Final = "held"  # in a picture's info: the bytes it is read from, where no file has them
CROP: Final = "crop"  # in a picture's info: the box to be shown of what is decoded, to be cut out
CUT: Final = "cut"  # in a picture's info: that the end of its file is missing
_NOTE: Final = "The end of the file is missing; what was there of it was kept."
_DECODED_ROW_BY_ROW: Final = frozenset({"PNG", "GIF", "BMP", "TIFF"})
_MADE_OF_BLOCKS: Final = frozenset({"WEBP", "AVIF"})
_RUNS: Final = frozenset({1, 2})  # a BMP's run-length compressions
_SIXTEEN_BIT: Final = "I;16"
_BLOCK_ROWS: Final = 16
_INVISIBLE: Final = (0, 0)


def load(picture: Image.Image) -> None:
    """Decode `picture` in place; rows that are missing at its end repeat the last one there is.

    Raises what Pillow raises, and OSError when more than a twentieth of the rows is missing.
    """
    covered = covered_by_first_frame(picture)
    try:
        picture.load()
    except (OSError, SyntaxError, ValueError):
        completed = _completed(picture)
        if completed is None:
            raise
        _become(picture, completed)
        picture.info[CUT] = True
    if picture.format in {"JPEG", "MPO"} and looks_cut(picture):
        completed = _completed(picture)
        if completed is None:
            raise OSError("more of the picture is missing than may be")
    if picture.format in _MADE_OF_BLOCKS and ends_in_zeros(picture):
        raise OSError("the end of the picture was never written")
    open_canvas_left_transparent(picture, covered)
    if picture.format == "BMP" and picture.mode == "RGBA":
        _show_where_nothing_is_seen(picture)
    if picture.format == "TIFF" and (lab := lab_instead(picture)):
        _become(picture, lab)
    if CROP in picture.info:
        _become(picture, picture.crop(picture.info.pop(CROP)))


def notes_of(picture: Image.Image) -> tuple[str, ...]:
    """What is to be said about a picture after it was decoded."""
    return (_NOTE,) if picture.info.get(CUT) else ()


def _completed(picture: Image.Image) -> Image.Image | None:
    """A still with what could not be decoded filled in; None when that cannot be done honestly."""
    if getattr(picture, "n_frames", 1) > 1 and picture.format != "MPO":
        return None
    if picture.format == "BMP" and picture.info.get("compression") in _RUNS:
        return None  # Pillow decodes these in Python: twice more would take many seconds
    is_jpeg = picture.format in {"JPEG", "MPO"}
    pair = None
    with contextlib.suppress(OSError, SyntaxError, ValueError, IndexError, EOFError):
        if is_jpeg:
            pair = decoded_two_ways(picture)
        elif picture.format in _DECODED_ROW_BY_ROW:
            with _cut_files_allowed():
                pair = _decoded_over(picture, 0), _decoded_over(picture, 255)
    return _filled(*pair, to_the_end=is_jpeg) if pair else None


def _filled(one: Image.Image, other: Image.Image, *, to_the_end: bool) -> Image.Image | None:
    """`one`, with its undecoded pixels filled from above; None when they are too many.

    Both are the same picture decoded over different fillings, so that they differ exactly where
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


def _show_where_nothing_is_seen(bitmap: Image.Image) -> None:
    """Make a bitmap opaque whose every pixel says transparent: its writer left those bits empty."""
    if bitmap.getchannel("A").getextrema() == _INVISIBLE:
        _become(bitmap, bitmap.convert("RGB"))


def _become(picture: Image.Image, other: Image.Image) -> None:
    picture.im, picture._mode = other.im, other.mode  # noqa: SLF001 - as Pillow's plugins do
    picture.palette = other.palette
    if isinstance(picture, ImageFile.ImageFile):
        picture.tile = []
        picture._size = other.size  # noqa: SLF001


def _decoded_over(picture: Image.Image, filling: int) -> Image.Image:
    """The file decoded as far as it goes, on a ground of one value."""
    held = picture.info.get(HELD)
    again = Image.open(io.BytesIO(held) if held else picture.info[PATH], formats=[_format(picture)])
    if not isinstance(again, ImageFile.ImageFile):
        raise OSError("not decoded piece by piece")
    again.filename = ""  # else Pillow may map the file, and painting on that is a crash
    prepare = again.load_prepare

    def prepare_and_fill() -> None:
        prepare()
        value = filling * 257 if again.im.mode.startswith(_SIXTEEN_BIT) else filling
        bands = again.im.bands
        again.im.paste(value if bands == 1 else (value,) * bands, (0, 0, *again.im.size))

    again.load_prepare = prepare_and_fill  # type: ignore[method-assign]
    again.load()
    return again


def _format(picture: Image.Image) -> str:
    return str(picture.format)


@contextlib.contextmanager
def _cut_files_allowed() -> Iterator[None]:
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _comparable(picture: Image.Image) -> Image.Image:
    """In a mode whose pixels can be subtracted."""
    if picture.mode.startswith(_SIXTEEN_BIT):
        return Image.frombytes("L", (picture.width * 2, picture.height), picture.tobytes())
    return picture.convert("L") if picture.mode == "1" else picture
