"""The pictures that photos are measured on: drawn here, or real ones from a folder."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops
from pillow_heif import register_heif_opener

from harness.samples.demo import landscape

# Two to twenty-four megapixels, as phones and cameras make them; the last is not scaled.
SIZES = ((6000, 4000), (4624, 3468), (4080, 3060), (4000, 2252), (3264, 2448), (1800, 1200))
HEIC_SIZE = (4032, 3024)
GIF_SIZE, GIF_FRAMES = (480, 270), 30


@dataclass(frozen=True, slots=True)
class Photos:
    """What is measured, by the way it is to be handled."""

    jpegs: list[Path]
    heics: list[Path]
    gifs: list[Path]


def found(folder: Path) -> Photos:
    """The pictures of a folder, by the ends of their names."""

    def ending(*ends: str) -> list[Path]:
        return sorted(each for each in folder.iterdir() if each.suffix.lower() in ends)

    return Photos(ending(".jpg", ".jpeg"), ending(".heic", ".heif"), ending(".gif"))


def drawn(folder: Path) -> Photos:
    """The same each time, but for the grain."""
    register_heif_opener()
    scene = landscape()
    photos = Photos([], [folder / "drawn.heic"], [folder / "drawn.gif"])
    for size in SIZES:
        photos.jpegs.append(folder / f"drawn-{size[0]}.jpg")
        _shot(scene, size).save(photos.jpegs[-1], quality=92)
    _shot(scene, HEIC_SIZE).save(photos.heics[0], "HEIF", quality=80)
    frames = [_panned(scene, number) for number in range(GIF_FRAMES)]
    frames[0].save(photos.gifs[0], save_all=True, append_images=frames[1:], duration=80, loop=0)
    return photos


def _shot(scene: Image.Image, size: tuple[int, int]) -> Image.Image:
    grain = Image.effect_noise(size, 10).convert("RGB")
    return ImageChops.overlay(scene.resize(size, Image.Resampling.BICUBIC), grain)


def _panned(scene: Image.Image, number: int) -> Image.Image:
    left = number * 20
    part = scene.crop((left, 400, left + 2000, 400 + 1125)).resize(GIF_SIZE)
    return part.quantize(255)
