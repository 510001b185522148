"""Opens a finished image again, as a stranger would, and compares it with its plan."""

from pathlib import Path
from typing import Final

from PIL import Image

from errors import EncodingError
from processing.image.info import TURNED
from processing.image.pixels.facts import ORIENTATION
from processing.image.plan import ImagePlan
from processing.targets import IMAGE_TARGETS

_SPEAKING: Final = ("exif", "xmp", "XML:com.adobe.xmp", "comment", "photoshop")


def verify_image(path: Path, format_name: str, plan: ImagePlan) -> None:
    """Raise EncodingError unless `path` decodes, has the planned size and frames, and is silent.

    A still is decoded whole (15 ms at full size); of an animation the first and last frame.
    """
    with Image.open(path, formats=[IMAGE_TARGETS[format_name].writer]) as image:
        frames = getattr(image, "n_frames", 1)
        if frames > 1 and image.info.get("default_image"):
            frames -= 1  # the stand-in of an APNG that was handed back
        # Writers join frames that look the same, so an animation may come out with fewer.
        is_whole = frames == 1 if plan.frames == 1 else 1 <= frames <= plan.frames
        fits = _shown_size(image) == (plan.width, plan.height) and is_whole
        if not fits or _speaks(image):
            raise EncodingError
        image.load()
        if frames > 1:
            image.seek(getattr(image, "n_frames", 1) - 1)
            image.load()


def _shown_size(image: Image.Image) -> tuple[int, int]:
    """An AVIF that was handed back may turn its pixels itself, for Pillow by an EXIF of its own."""
    is_turned = image.format == "AVIF" and image.getexif().get(ORIENTATION) in TURNED
    return image.size[::-1] if is_turned else image.size


def _speaks(image: Image.Image) -> bool:
    said = {key for key in _SPEAKING if image.info.get(key)}
    if image.format == "AVIF" and set(image.getexif()) <= {ORIENTATION}:
        said.discard("exif")
    return bool(said)
