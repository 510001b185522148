"""Decodes an opened image in place, and repairs what its format or its file left undone."""

from typing import Final

from PIL import Image, ImageFile, Jpeg2KImagePlugin

from processing.image.pixels.gif_canvas import covered_by_first_frame, open_canvas_left_transparent
from processing.image.pixels.holes import has_hole
from processing.image.pixels.jpeg_feed import JpegFeed, feed_for, has_large_hole, share_lost
from processing.image.pixels.lost_rows import completed
from processing.image.pixels.opened import Opened
from processing.image.pixels.tiff_kinds import lab_instead, without_sign
from processing.image.pixels.truncated_jpeg import looks_cut

_WITHOUT_CHECKSUMS: Final = frozenset({"WEBP", "AVIF", "HEIF", "JPEG2000"})
_JPEG: Final = frozenset({"JPEG", "MPO"})
# Many programs leave a fourth channel of these empty, and as many pass it over.
_WITH_IDLE_BITS: Final = frozenset({"BMP", "TIFF"})
_MUCH: Final = 0.05
_INVISIBLE: Final = (0, 0)


def decode(opened: Opened) -> None:
    """Decode the image or its current frame; rows missing at the end repeat the last there is.

    Raises what Pillow raises, and OSError when more than a twentieth of the rows is missing.
    """
    image = opened.image
    covered = covered_by_first_frame(image)
    feed = _feed_of(opened)
    try:
        image.load()
    except (OSError, SyntaxError, ValueError):
        filled = completed(opened)
        if filled is None:
            raise
        _become(image, filled)
        opened.is_cut = True
    if image.format in _JPEG and looks_cut(image) and completed(opened) is None:
        raise OSError("more of the image is missing than may be")
    if feed is not None:
        _judge(opened, feed)
    if image.format in _WITHOUT_CHECKSUMS and has_hole(opened):
        raise OSError("a part of the image was never written")
    if isinstance(image, Jpeg2KImagePlugin.Jpeg2KImageFile):
        image.reduce = 0  # In Pillow it stands in the way of a method of this name.
    open_canvas_left_transparent(image, covered)
    if instead := _instead(image):
        _become(image, instead)
    if opened.crop:
        _become(image, image.crop(opened.crop))
        opened.crop = None


def _feed_of(opened: Opened) -> JpegFeed | None:
    if opened.image.format not in _JPEG:
        return None
    return feed_for(opened.image, opened.path.read_bytes())


def _judge(opened: Opened, feed: JpegFeed) -> None:
    lost = share_lost(feed.data)
    opened.is_damaged = (feed.is_damaged or lost > 0) and not opened.is_cut
    is_much = feed.is_much_damaged or lost >= _MUCH
    if is_much or (opened.is_damaged and has_large_hole(feed.data)):
        raise OSError("more of the image is damaged than may be")


def _instead(image: Image.Image) -> Image.Image | None:
    """What a decoded image of this format has to be shown as; None: as it is."""
    if image.format == "TIFF" and (instead := lab_instead(image) or without_sign(image)):
        return instead
    is_invisible = (
        image.format in _WITH_IDLE_BITS
        and image.mode in {"LA", "RGBA"}
        and image.getchannel("A").getextrema() == _INVISIBLE
    )
    # Where every pixel says transparent, the writer left those bits empty.
    return image.convert(image.mode[:-1]) if is_invisible else None


def _become(image: Image.Image, other: Image.Image) -> None:
    image.im, image._mode = other.im, other.mode  # noqa: SLF001 - as Pillow's plugins do
    image.palette = other.palette
    if isinstance(image, ImageFile.ImageFile):
        image.tile = []
        image._size = other.size  # noqa: SLF001
