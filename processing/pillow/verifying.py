"""Opens a finished picture again, as a stranger would, and compares it with its plan."""

from pathlib import Path
from typing import Final

from PIL import Image

from errors import EncodingError
from processing.formats import by_name
from processing.image.plan import TURNED, ImagePlan

_SPEAKING: Final = ("exif", "xmp", "XML:com.adobe.xmp", "comment", "photoshop")
_ORIENTATION: Final = 0x0112


def verify_picture(path: Path, format_name: str, plan: ImagePlan) -> None:
    """Raise EncodingError unless `path` decodes, has the planned size and frames, and is silent.

    A still is decoded whole (15 ms at full size); of an animation the first and last frame.
    """
    with Image.open(path, formats=[by_name(format_name).reader]) as picture:
        frames = getattr(picture, "n_frames", 1)
        if frames > 1 and picture.info.get("default_image"):
            frames -= 1  # the stand-in of an APNG that was handed back
        # Writers join frames that look the same, so an animation may come out with fewer.
        is_whole = frames == 1 if plan.frames == 1 else 1 <= frames <= plan.frames
        fits = _shown_size(picture) == (plan.width, plan.height) and is_whole
        if not fits or _speaks(picture):
            raise EncodingError
        picture.load()
        if frames > 1:
            picture.seek(getattr(picture, "n_frames", 1) - 1)
            picture.load()


def _shown_size(picture: Image.Image) -> tuple[int, int]:
    """An AVIF that was handed back may turn its pixels itself, for Pillow by an EXIF of its own."""
    is_turned = picture.format == "AVIF" and picture.getexif().get(_ORIENTATION) in TURNED
    return picture.size[::-1] if is_turned else picture.size


def _speaks(picture: Image.Image) -> bool:
    said = {key for key in _SPEAKING if picture.info.get(key)}
    if picture.format == "AVIF" and set(picture.getexif()) <= {_ORIENTATION}:
        said.discard("exif")
    return bool(said)
