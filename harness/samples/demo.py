"""Makes a photo-like image and a clip with sound, for a demo without files."""

import random
import subprocess
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH_PX, HEIGHT_PX = 3000, 2000
CLIP_SECONDS = 5


def make(folder: Path) -> list[Path]:
    """Writes both into `folder` and returns them; the same each time."""
    folder.mkdir(parents=True, exist_ok=True)
    photo, clip = folder / "sample-photo.jpg", folder / "sample-clip.mp4"
    landscape().save(photo, quality=96, subsampling=0)
    film(photo, clip)
    return [photo, clip]


def landscape() -> Image.Image:
    """Hills below an evening sky, with the grain that a camera leaves."""
    size = (WIDTH_PX, HEIGHT_PX)
    sky = Image.linear_gradient("L").resize(size)
    picture = Image.merge(
        "RGB",
        (
            sky.point(lambda v: min(70 + v * 3 // 2, 255)),
            sky.point(lambda v: 90 + v // 2),
            sky.point(lambda v: 150 - v // 6),
        ),
    )
    draw = ImageDraw.Draw(picture)
    draw.ellipse((2050, 700, 2310, 960), fill=(255, 236, 190))
    chance = random.Random(7)
    for layer in range(5):
        draw.polygon(
            _ridge(layer, chance), fill=(70 - 12 * layer, 80 - 12 * layer, 90 - 14 * layer)
        )
    grain = Image.effect_noise(size, 12).convert("RGB")
    return ImageChops.overlay(picture.filter(ImageFilter.GaussianBlur(1)), grain)


def _ridge(layer: int, chance: random.Random) -> list[tuple[float, float]]:
    top, points = 1150.0 + 170 * layer, []
    for x in range(0, WIDTH_PX + 60, 60):
        top += chance.uniform(-26, 26)
        points.append((float(x), top))
    return [(0.0, float(HEIGHT_PX)), *points, (float(WIDTH_PX), float(HEIGHT_PX))]


def film(photo: Path, clip: Path) -> None:
    """A slow zoom into the photo with two trembling tones, as a camera would write it: large."""
    frames = CLIP_SECONDS * 30
    zoom = f"zoompan=z='1+on/{frames * 3}':d={frames}:x='iw/2-iw/zoom/2':s=1280x720:fps=30"
    sound = "0.2*sin(2*PI*220*t)*(1+sin(2*PI*2*t))/2+0.1*sin(2*PI*330*t)"
    subprocess.run(
        [
            *("ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-i", photo),
            *("-f", "lavfi", "-i", f"aevalsrc='{sound}':d={CLIP_SECONDS}:s=48000"),
            *("-vf", f"crop=iw:iw*9/16,{zoom},format=yuv420p", "-t", str(CLIP_SECONDS)),
            *("-c:v", "libx264", "-preset", "ultrafast", "-b:v", "14M"),
            *("-c:a", "aac", "-b:a", "256k"),
            clip,
        ],
        check=True,
    )
