"""Small pictures and clips of which no two look alike, and whether a result shows its source."""

import io
import random
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw

from tests.processing import media

# How far a result may be from its source, of 255, on average: encoders lose some, another picture
# differs by far more.
CLOSE_ENOUGH = 12.0
CLIP_KINDS = 12


@dataclass(frozen=True, slots=True)
class Source:
    """A file to upload."""

    suffix: str  # ".png", ".jpg" or ".mp4"
    data: bytes


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
    return Source(".png" if is_png else ".jpg", file.getvalue())


@cache
def clip(number: int) -> Source:
    """A clip of one second; there are CLIP_KINDS of them."""
    chance = random.Random(f"clip {number % CLIP_KINDS}")
    width, height = 64 + 8 * (number % CLIP_KINDS), 64 + 4 * (number % CLIP_KINDS)
    color = "0x" + bytes(_color(chance)).hex()
    look = f"color=c={color}:s={width}x{height}:r=10:d=1,noise=alls=12:allf=t"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        quick = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", 18, "-pix_fmt", "yuv420p")
        media.ffmpeg("-f", "lavfi", "-i", look, *quick, path)
        return Source(".mp4", path.read_bytes())


def difference(result: bytes, source: Source) -> str | None:
    """What is wrong with a result; None when it shows the whole source, in the same size."""
    try:
        shown, wanted = _frames(result, source.suffix), _frames(source.data, source.suffix)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"cannot be decoded: {error!r}"
    if (shown.size, shown.mode) != (wanted.size, wanted.mode):
        return f"is {shown.size}, not {wanted.size}"
    pairs = zip(shown.tobytes(), wanted.tobytes(), strict=True)
    away = sum(abs(one - other) for one, other in pairs) / max(1, len(wanted.tobytes()))
    return f"looks like something else ({away:.0f} of 255 away)" if away > CLOSE_ENOUGH else None


def _color(chance: random.Random) -> tuple[int, ...]:
    return tuple(chance.randrange(20, 236) for _ in range(3))


def _frames(data: bytes, suffix: str) -> Image.Image:
    """The picture, or the whole clip, its frames below each other; raises when it is damaged."""
    if suffix != ".mp4":
        with Image.open(io.BytesIO(data)) as picture:
            return picture.convert("RGB")
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        file.write(data)
        file.flush()
        track = media.video_track(Path(file.name))
        words = ("-xerror", "-i", file.name, "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
        answer = subprocess.run(
            ["ffmpeg", "-v", "error", "-nostdin", *words], capture_output=True, check=True
        )
    width = int(track["width"])
    height = len(answer.stdout) // (3 * width)
    return Image.frombytes("RGB", (width, height), answer.stdout)
