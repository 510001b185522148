"""One image file that Pillow has opened, with what Pillow has no place for."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from processing.image.structure.projection import Projection

Box = tuple[int, int, int, int]  # left, top, right, bottom


@dataclass(slots=True)
class Opened:
    """An image that is not decoded yet; decoding.decode() decodes it in place."""

    image: Image.Image
    path: Path
    data: bytes | None = None  # what it is read from, where that is not the file as it is
    crop: Box | None = None  # to be shown of what is decoded; None: all, or cut out already
    projection: Projection | None = None  # of a panorama all around
    halvings: int = 0  # how often a JPEG 2000's decoder can halve it
    gray_bits: int = 16  # how many of 16 bits a gray uses
    is_negative: bool = False  # zero is white in what Pillow decodes
    is_damaged: bool = False  # A part of a still shows damage; known when it is decoded.
    is_cut: bool = False  # The end of the file is missing; known for a still when it is decoded.

    @property
    def frames(self) -> int:
        """How many Pillow counts, an animation's stand-in for old readers included."""
        return int(getattr(self.image, "n_frames", 1))
