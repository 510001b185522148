"""Times the encoders alone: what the same result costs without any of our pipeline."""

import io
import os
import subprocess
import time
from pathlib import Path

from PIL import Image

from compression_config import SEED
from processing.image.plan import fitted, rule_for

# Ours, for progress; the rest of the command decides what is made.
NOT_FOR_THE_RESULT = ("-progress", "pipe:1", "-nostats")


def picture_s(source: Path) -> float:
    """Seconds that Pillow takes from the file to WebP in memory, in a warm process.

    Its settings are the ones of the app's rule: size, quality, effort.
    """
    rule = rule_for(source.stat().st_size, SEED)
    began = time.perf_counter()
    with Image.open(source) as picture:
        size = fitted(picture.size, rule)
        picture.draft("RGB", size)
        small = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
        small.save(io.BytesIO(), "WEBP", quality=rule.webp_quality, method=SEED.webp_method)
    return time.perf_counter() - began


def ffmpeg_command(argv: tuple[str, ...], source: Path, target: Path) -> list[str]:
    """The command that the app gave to ffmpeg, for another source and target."""
    words = list(argv)
    at = words.index("-i") + 1
    words[at] = f"file:{source}"
    command = [f"file:{target}" if _is_target(word) else word for word in words]
    first = command.index(NOT_FOR_THE_RESULT[0])
    del command[first : first + len(NOT_FOR_THE_RESULT)]
    return command


def ffmpeg_s(command: list[str]) -> float:
    """Seconds that the command takes as a process of its own."""
    began = time.perf_counter()
    subprocess.run(
        command,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        # Where the app runs it, the locale and the allocator are set so, too.
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "2"},
    )
    return time.perf_counter() - began


def _is_target(word: str) -> bool:
    return word.startswith("file:") and Path(word).name.startswith("rendition.")
