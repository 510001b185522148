"""The measured facts of an image file."""

from dataclasses import dataclass
from typing import Final

TURNED: Final = frozenset({5, 6, 7, 8})  # EXIF orientations that swap the sides


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What the headers of an image say."""

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
    pixel_aspect: float = 1.0  # width of a pixel divided by its height, as stored; 1.0: square

    @property
    def shown_size(self) -> tuple[int, int]:
        """Width and height, upright and of square pixels: the shorter side of each is stretched."""
        width = round(self.width * max(1.0, self.pixel_aspect))
        height = round(self.height * max(1.0, 1 / self.pixel_aspect))
        return (height, width) if self.orientation in TURNED else (width, height)
