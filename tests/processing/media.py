"""Media that the tests make for themselves, with Pillow and ffmpeg, small enough to be quick."""

import json
import random
import subprocess
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 180, 30), (30, 30, 220), (230, 220, 30)


def ffmpeg(*words: object) -> None:
    """Run ffmpeg quietly; the last word is the file it makes."""
    subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, words)],
        check=True,
        capture_output=True,
    )


def ffprobe(path: Path, *words: str) -> dict:
    """What ffprobe says about the streams and the format of a file."""
    answer = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", *words, path],
        check=True,
        capture_output=True,
    )
    return json.loads(answer.stdout)


def video_track(path: Path) -> dict:
    return next(s for s in ffprobe(path)["streams"] if s["codec_type"] == "video")


def audio_tracks(path: Path) -> list[dict]:
    return [s for s in ffprobe(path)["streams"] if s["codec_type"] == "audio"]


def frame_of(path: Path, folder: Path, at_s: float = 0.0) -> Image.Image:
    """One frame as a player would show it."""
    target = folder / "frame-shown.png"
    ffmpeg("-ss", at_s, "-i", path, "-frames:v", 1, target)
    with Image.open(target) as frame:
        return frame.convert("RGB")


def is_near(pixel: tuple[int, ...], color: tuple[int, ...], by: int = 45) -> bool:
    return all(abs(a - b) <= by for a, b in zip(pixel[:3], color[:3], strict=True))


def quarters(size: tuple[int, int]) -> Image.Image:
    """Red, green, blue, yellow: clockwise from the top left, so that every turn shows."""
    width, height = size
    picture = Image.new("RGB", size, RED)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((width // 2, 0, width, height // 2), fill=GREEN)
    draw.rectangle((width // 2, height // 2, width, height), fill=BLUE)
    draw.rectangle((0, height // 2, width // 2, height), fill=YELLOW)
    return picture


def corners(picture: Image.Image) -> list[tuple[int, ...]]:
    """The mean colours inside the four quarters, clockwise from the top left."""
    cells = picture.convert("RGB").resize((8, 8), Image.Resampling.BOX)
    return [cells.getpixel(place) for place in ((1, 1), (6, 1), (6, 6), (1, 6))]


def photo(size: tuple[int, int], seed: int = 1) -> Image.Image:
    """A picture that compresses like a photo: soft shapes with some grain."""
    source = random.Random(seed)
    small = Image.new("RGB", (16, 12))
    small.putdata([tuple(source.randrange(256) for _ in range(3)) for _ in range(16 * 12)])
    soft = small.resize(size, Image.Resampling.BICUBIC)
    grain = Image.effect_noise(size, 24).convert("RGB").filter(ImageFilter.GaussianBlur(0.6))
    return Image.blend(soft, grain, 0.12)


def clip(
    path: Path,
    *,
    size: str = "320x240",
    seconds: float = 1.0,
    rate: int = 15,
    sound: bool = True,
    options: tuple[object, ...] = (),
) -> Path:
    """A moving test picture, wastefully encoded so that there is something to save."""
    words: list[object] = ["-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={seconds}"]
    if sound:
        words += ["-f", "lavfi", "-i", f"sine=440:d={seconds}:r=44100"]
    if "-c:v" not in options:
        words += ["-c:v", "libx264", "-preset", "ultrafast", "-qp", 4, "-pix_fmt", "yuv420p"]
    ffmpeg(*words, "-threads", 2, *options, path)
    return path
