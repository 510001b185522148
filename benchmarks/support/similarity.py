"""Judges how much of a photo is left: SSIMULACRA2 (100: all, 90: hard to tell, 70: good)."""

import subprocess
import tempfile
from pathlib import Path

from PIL import Image
from pillow_heif import register_heif_opener

_TURNS = {3: 180, 6: 270, 8: 90}  # EXIF's orientation to degrees counter-clockwise
_ORIENTATION = 0x0112

register_heif_opener()


def similarity(original: Path, made: Path) -> float:
    """SSIMULACRA2 of the middle of `made` against the original as ffmpeg scaled it.

    The middle quarter of the area: all of it would take six seconds for each photo.
    """
    from ssimulacra2 import compute_ssimulacra2  # type: ignore[import-not-found]

    with tempfile.TemporaryDirectory() as folder:
        reference, shown = Path(folder) / "reference.png", Path(folder) / "shown.png"
        with Image.open(made) as picture:
            size = picture.size
            _middle(picture).save(shown, compress_level=1)
        _middle(_scaled_by_ffmpeg(original, size, reference)).save(reference, compress_level=1)
        return float(compute_ssimulacra2(str(reference), str(shown)))


def _middle(picture: Image.Image) -> Image.Image:
    width, height = picture.size
    return picture.convert("RGB").crop(
        (width // 4, height // 4, width // 4 + width // 2, height // 4 + height // 2)
    )


def _scaled_by_ffmpeg(original: Path, size: tuple[int, int], target: Path) -> Image.Image:
    with Image.open(original) as picture:
        turn = _TURNS.get(picture.getexif().get(_ORIENTATION, 1), 0)
    width, height = size[::-1] if turn in {90, 270} else size
    accurate = "lanczos+accurate_rnd+full_chroma_int+full_chroma_inp"
    words = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-noautorotate", "-i", str(original)]
    words += ["-vf", f"scale={width}:{height}:flags={accurate}", "-pix_fmt", "rgb24", str(target)]
    subprocess.run(words, check=True)
    with Image.open(target) as picture:
        return picture.rotate(turn, expand=True)
