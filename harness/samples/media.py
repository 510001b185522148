"""Media that the tests make for themselves, with Pillow and ffmpeg, small enough to be quick."""

import hashlib
import json
import random
import struct
import subprocess
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFilter

RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 180, 30), (30, 30, 220), (230, 220, 30)


# A start of ffmpeg costs more than most of what it makes here: what was made once is copied.
_MADE: dict[tuple[str, ...], bytes] = {}
_SAID: dict[tuple[object, ...], bytes] = {}
FFPROBE = ("ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format")
_LARGEST_KEPT_BYTES = 2_000_000


def ffmpeg(*words: object) -> None:
    """Run ffmpeg quietly; the last word is the file it makes."""
    *given, target = map(str, words)
    key = _key(given, Path(target))
    if key in _MADE:
        Path(target).write_bytes(_MADE[key])
        return
    subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-y", *given, target],
        check=True,
        capture_output=True,
    )
    if key and Path(target).stat().st_size <= _LARGEST_KEPT_BYTES:
        _MADE[key] = Path(target).read_bytes()


def _key(given: list[str], target: Path) -> tuple[str, ...]:
    """All that decides on what ffmpeg makes; empty where that is not known."""
    inputs = {
        at for at, word in enumerate(given) if at and given[at - 1] == "-i" and word[0] == "/"
    }
    others = [word for at, word in enumerate(given) if at not in inputs]
    if (
        not target.is_absolute()
        or "%" in target.name
        or any(str(target.parent) in w for w in others)
    ):
        return ()
    files = {each: Path(each) for each in (given[at] for at in inputs)}
    if any(file.stat().st_size > _LARGEST_KEPT_BYTES for file in files.values()):
        return ()
    read = {each: hashlib.sha256(file.read_bytes()).hexdigest() for each, file in files.items()}
    return (*(read.get(word, word) for word in given), target.suffix)


def ffprobe(path: Path, *words: str) -> dict[str, Any]:
    """What ffprobe says about the streams and the format of a file."""
    seen = path.stat()
    key = (path, seen.st_size, seen.st_mtime_ns, seen.st_ino, *words)
    if key not in _SAID:
        _SAID[key] = subprocess.run(
            [*FFPROBE, *words, path],
            check=True,
            capture_output=True,
        ).stdout
    found: dict[str, Any] = json.loads(_SAID[key])
    return found


def video_track(path: Path) -> dict[str, Any]:
    return next(s for s in ffprobe(path)["streams"] if s["codec_type"] == "video")


def audio_tracks(path: Path) -> list[dict[str, Any]]:
    return [s for s in ffprobe(path)["streams"] if s["codec_type"] == "audio"]


_TKHD_MATRIX_AT = 44  # from the box's type: version, times, id, duration, layer, volume
_TURNS = {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}


def turned(path: Path, clockwise_deg: int) -> Path:
    """The mp4 itself, with its first track to be shown turned: ffmpeg's ways to say so differ."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + _TKHD_MATRIX_AT
    a, b, c, d = (value << 16 for value in _TURNS[clockwise_deg])
    struct.pack_into(">9i", data, at, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


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
    image = Image.new("RGB", size, RED)
    draw = ImageDraw.Draw(image)
    draw.rectangle((width // 2, 0, width, height // 2), fill=GREEN)
    draw.rectangle((width // 2, height // 2, width, height), fill=BLUE)
    draw.rectangle((0, height // 2, width // 2, height), fill=YELLOW)
    return image


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    """The mean colours inside the four quarters, clockwise from the top left."""
    cells = image.convert("RGB").resize((8, 8), Image.Resampling.BOX)
    row_bytes, pixels = 8 * 3, cells.tobytes()
    places = [row_bytes * y + 3 * x for x, y in ((1, 1), (6, 1), (6, 6), (1, 6))]
    return [tuple(pixels[at : at + 3]) for at in places]


def photo(size: tuple[int, int], seed: int = 1) -> Image.Image:
    """An image that compresses like a photo: soft shapes with some grain."""
    source = random.Random(seed)
    small = Image.new("RGB", (16, 12))
    small.putdata([tuple(source.randrange(256) for _ in range(3)) for _ in range(16 * 12)])
    soft = small.resize(size, Image.Resampling.BICUBIC)
    grain = Image.effect_noise(size, 24).convert("RGB").filter(ImageFilter.GaussianBlur(0.6))
    return Image.blend(soft, grain, 0.12)


def swapping_profile() -> bytes:
    """An ICC profile in which what is stored as red is shown as green, and the reverse."""

    def fixed(value: float) -> bytes:
        return round(value * 65536).to_bytes(4, "big", signed=True)

    def xyz(*values: float) -> bytes:
        return b"XYZ " + bytes(4) + b"".join(map(fixed, values))

    # sRGB's primaries under D50, the first two in each other's place.
    red, green, blue = (0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)
    curve = b"curv" + bytes(4) + (1).to_bytes(4, "big") + round(2.2 * 256).to_bytes(2, "big")
    name = b"desc" + bytes(4) + (5).to_bytes(4, "big") + b"swap\0" + bytes(78)
    tags = {
        b"desc": name,
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(*green),
        b"gXYZ": xyz(*red),
        b"bXYZ": xyz(*blue),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve + bytes(2)),
    }
    table, body, at = len(tags).to_bytes(4, "big"), b"", 132 + 12 * len(tags)
    for tag, content in tags.items():
        padded = content + bytes(-len(content) % 4)
        table += tag + (at + len(body)).to_bytes(4, "big") + len(content).to_bytes(4, "big")
        body += padded
    head = bytes(4) + bytes.fromhex("02100000") + b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    head += fixed(0.9642) + fixed(1.0) + fixed(0.8249)
    profile = head.ljust(124, b"\0") + table + body
    return (len(profile) + 4).to_bytes(4, "big") + profile


X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
LOSSLESS: tuple[object, ...] = (*X264, "-qp", 2)


def painted(
    folder: Path,
    size: tuple[int, int] = (320, 240),
    *,
    seconds: float = 0.6,
    options: tuple[object, ...] = LOSSLESS,
    name: str = "painted.mp4",
) -> Path:
    """A still scene of four colours, under grain so that there is something to save."""
    scene, path = folder / "scene.png", folder / name
    quarters(size).save(scene)
    ffmpeg(
        *("-loop", 1, "-framerate", 15, "-t", seconds, "-i", scene, "-vf", "noise=alls=12:allf=t"),
        *options,
        path,
    )
    return path


def clip(
    path: Path,
    *,
    size: str = "320x240",
    seconds: float = 1.0,
    rate: int = 15,
    sound: bool = True,
    options: tuple[object, ...] = (),
) -> Path:
    """A moving test image, wastefully encoded so that there is something to save."""
    words: list[object] = ["-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={seconds}"]
    if sound:
        words += ["-f", "lavfi", "-i", f"sine=440:d={seconds}:r=44100"]
    if "-c:v" not in options:
        words += ["-c:v", "libx264", "-preset", "ultrafast", "-qp", 4, "-pix_fmt", "yuv420p"]
    ffmpeg(*words, "-threads", 2, *options, path)
    return path
