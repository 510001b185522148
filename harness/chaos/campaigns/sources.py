"""Small pictures and clips of which no two look alike, and whether a result shows its source."""

import io
import random
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageStat

from harness.samples import media

# How far a result may be from its source, of 255, on average: encoders lose some, another picture
# differs by far more.
CLOSE_ENOUGH = 12.0
CLIP_KINDS = 12


@dataclass(frozen=True, slots=True)
class Source:
    """A file to upload."""

    suffix: str  # ".png", ".jpg" or ".mp4"
    data: bytes
    width_px: int


def picture(number: int) -> Source:
    """The picture of that number, in its own size and colours; the same each time."""
    chance = random.Random(f"picture {number}")
    size = (chance.randrange(64, 160), chance.randrange(48, 120))
    canvas = Image.new("RGB", size, _color(chance))
    draw = ImageDraw.Draw(canvas)
    for _ in range(4):
        corner = (chance.randrange(size[0]), chance.randrange(size[1]))
        draw.ellipse((*corner, corner[0] + 40, corner[1] + 30), fill=_color(chance))
    file, is_png = io.BytesIO(), number % 2 == 0
    canvas.save(file, "PNG" if is_png else "JPEG", **({} if is_png else {"quality": 97}))
    return Source(".png" if is_png else ".jpg", file.getvalue(), size[0])


def clip(number: int) -> Source:
    """A clip of one second; there are CLIP_KINDS of them."""
    return _clip(number % CLIP_KINDS)


@cache
def _clip(kind: int) -> Source:
    chance = random.Random(f"clip {kind}")
    width, height = 64 + 8 * kind, 64 + 4 * kind
    color = "0x" + bytes(_color(chance)).hex()
    look = f"color=c={color}:s={width}x{height}:r=10:d=1,noise=alls=12:allf=t"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        quick = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", 18, "-pix_fmt", "yuv420p")
        media.ffmpeg("-f", "lavfi", "-i", look, *quick, path)
        return Source(".mp4", path.read_bytes(), width)


def difference(result: bytes, source: Source) -> str | None:
    """What is wrong with a result; None when it shows the whole source, in the same size."""
    wanted = _frames(source)
    try:
        shown = _decoded(result, source.suffix, wanted.width)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"cannot be decoded: {error!r}"
    if shown.size != wanted.size:
        return f"is {shown.size}, not {wanted.size}"
    away = sum(ImageStat.Stat(ImageChops.difference(shown, wanted)).mean) / 3
    return f"looks like something else ({away:.0f} of 255 away)" if away > CLOSE_ENOUGH else None


def _color(chance: random.Random) -> tuple[int, ...]:
    return tuple(chance.randrange(20, 236) for _ in range(3))


@lru_cache(maxsize=2 * CLIP_KINDS)
def _frames(source: Source) -> Image.Image:
    return _decoded(source.data, source.suffix, source.width_px)


def _decoded(data: bytes, suffix: str, width_px: int) -> Image.Image:
    """The picture, or the whole clip, its frames below each other; raises when it is damaged.

    Of a clip with another width the lines are out of place, which looks like something else.
    """
    if suffix != ".mp4":
        with Image.open(io.BytesIO(data)) as picture:
            return picture.convert("RGB")
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        file.write(data)
        file.flush()
        words = ("-xerror", "-i", file.name, "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
        answer = subprocess.run(
            ["ffmpeg", "-v", "error", "-nostdin", *words], capture_output=True, check=True
        )
    height = len(answer.stdout) // (3 * width_px)
    return Image.frombytes("RGB", (width_px, height), answer.stdout[: 3 * width_px * height])
