"""The files that the acceptance tests upload: every accepted format, odd names, and bad ones."""

from dataclasses import dataclass
from pathlib import Path

import pillow_heif
from PIL import Image

from harness.samples import media

FOUR_QUARTERS = {"save_all": True, "duration": 120, "loop": 0}


@dataclass(frozen=True)
class Clip:
    """How a clip of one container is encoded: wastefully, so that there is something to save."""

    options: tuple[object, ...] = ()
    width_px: int = 160  # tells the clips apart
    has_sound: bool = True


@dataclass(frozen=True)
class Picture:
    """How a picture of one format is saved."""

    format: str
    options: tuple[tuple[str, object], ...] = ()
    width_px: int = 160


CLIPS = {
    "clip.mp4": Clip(width_px=320),
    "clip.mov": Clip(("-c:v", "mpeg4", "-q:v", 1, "-c:a", "pcm_s16le"), 304),
    "clip.avi": Clip(("-c:v", "mjpeg", "-q:v", 2, "-c:a", "pcm_s16le"), 288),
    "clip.mkv": Clip(("-c:v", "ffv1", "-c:a", "flac"), 272),
    "clip.webm": Clip(("-c:v", "libvpx", "-b:v", "4M", "-cpu-used", 8, "-c:a", "libvorbis"), 256),
    "clip.wmv": Clip(("-c:v", "wmv2", "-q:v", 1, "-c:a", "wmav2"), 240),
    "clip.flv": Clip(("-c:v", "flv1", "-q:v", 1, "-c:a", "adpcm_swf"), 224),
}
PICTURES = {
    "picture.jpg": Picture("JPEG", (("quality", 97),), 200),
    "picture.png": Picture("PNG", (), 196),
    "picture.gif": Picture("GIF", tuple(FOUR_QUARTERS.items()), 192),
    "picture.webp": Picture("WEBP", (("lossless", True),), 188),
    "picture.bmp": Picture("BMP", (), 184),
    "picture.tiff": Picture("TIFF", (), 180),
    "picture.heic": Picture("HEIF", (("quality", 95),), 176),
    "picture.avif": Picture("AVIF", (("quality", 98), ("speed", 10)), 172),
}
# Each upload's name, and what its result must be called.
ODD_NAMES = {
    "upload-1234567890.jpg": "processed-1234567890.webp",
    "holidays 2026/day one/beach.jpg": "holidays 2026/day one/beach.webp",
    "50%25 off?#1 & more/a+b=c.jpg": "50%25 off?#1 & more/a+b=c.webp",
    "写真/夕焼け 🌅.jpg": "写真/夕焼け 🌅.webp",
    "cafe\u0301.jpg": "cafe\u0301.webp",  # e and an accent: another name than the next
    "caf\u00e9.jpg": "caf\u00e9.webp",
    "LOUD.JPG": "LOUD.webp",
    "no extension": "no extension.webp",
    "-vf.jpg": "-vf.webp",
    'it\'s "quoted" <b>.jpg': 'it\'s "quoted" <b>.webp',
    "folder/upload-inside.jpg": "folder/processed-inside.webp",
    "long/" + "n" * 700 + ".jpg": "long/" + "n" * 700 + ".webp",
}
TWINS = ("twin.png", "twin.jpg")
LIARS = {"a photo, really.mp4": "webp", "a clip, really.jpg": "mp4"}
BAD = {
    "empty.mp4": "EMPTY_FILE",
    "page.jpg": "UNSUPPORTED",
    "cut off.mp4": "CORRUPT",
    "scrambled.png": "CORRUPT",
}


def make_all(folder: Path) -> dict[str, Path]:
    """Every file above, by the name that it is to be uploaded under."""
    pillow_heif.register_heif_opener()
    made = {name: make_clip(folder / name, CLIPS[name]) for name in CLIPS}
    made |= {name: make_picture(folder / name, PICTURES[name]) for name in PICTURES}
    for number, name in enumerate((*ODD_NAMES, *TWINS)):
        kind = "PNG" if name.endswith(".png") else "JPEG"
        look = Picture(kind, (("quality", 97),), 100 + 2 * number)
        made[name] = make_picture(folder / f"odd-{number}", look)
    made["a photo, really.mp4"] = made["picture.png"]
    made["a clip, really.jpg"] = made["clip.mp4"]
    return made | make_bad(folder, made)


def make_clip(path: Path, clip: Clip) -> Path:
    return media.clip(path, size=f"{clip.width_px}x120", options=clip.options)


def make_long_clip(path: Path) -> Path:
    """A clip that keeps an encoder busy for a second or two: nothing is as costly as noise."""
    quick = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", 24, "-pix_fmt", "yuv420p")
    noise = ("-vf", "noise=alls=40:allf=t")
    return media.clip(path, size="480x270", seconds=3, rate=30, options=(*quick, *noise))


def make_picture(path: Path, picture: Picture) -> Path:
    seed, size = picture.width_px, (picture.width_px, 120)
    options = dict(picture.options)
    if options.get("save_all"):
        options["append_images"] = [media.photo(size, seed + n) for n in (1, 2)]
    media.photo(size, seed).save(path, picture.format, **options)
    return path


def make_bad(folder: Path, good: dict[str, Path]) -> dict[str, Path]:
    """Files that no patience can turn into media."""
    clip, png = good["clip.mp4"].read_bytes(), bytearray(good["picture.png"].read_bytes())
    png[60:] = bytes((each * 7 + 3) % 256 for each in range(len(png) - 60))
    content = {
        "empty.mp4": b"",
        "page.jpg": b"<html><script>alert(1)</script></html>",
        "cut off.mp4": clip[: len(clip) // 2],  # what lies at its end is the index of the rest
        "scrambled.png": bytes(png),
    }
    for name, data in content.items():
        (folder / f"bad-{name}").write_bytes(data)
    return {name: folder / f"bad-{name}" for name in content}


def width_px(path: Path) -> int:
    """How wide a picture or a clip is: ours are told apart by it."""
    if path.suffix == ".mp4":
        return int(media.video_track(path)["width"])
    with Image.open(path) as picture:
        return picture.width
