"""Makes every picture it is asked for on stdin as the product does, or as bare libraries do.

A program for a process of its own, so that its memory is its own: a JSON list of [source, target,
format, quality] in (quality null: the profile's), a JSON line for each out and a last one for the
most memory. What is done once before, to warm up, does not count.
"""

import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PIL import Image
from pillow_heif import register_heif_opener

from compression_config import BALANCED
from order import Order
from processing.allowance import Allowance
from processing.formats import HEAD_BYTES, sniff
from processing.image.pixels.candidates import first_that_pays
from processing.image.pixels.opening import open_image
from processing.image.pixels.verification import verify_image
from processing.image.plan import plan_image

Job = tuple[str, str, str, float | None]
_READY: dict[str, Image.Image] = {}


def main() -> None:
    """Answer with CPU seconds, bytes and the quality taken."""
    ways = {"ours": ours, "bare": bare, "bare-unscaled": bare_unscaled, "bare-plain": bare_plain}
    make = ways[sys.argv[1]]
    jobs = json.load(sys.stdin)
    for job in jobs if make is bare_unscaled else jobs[:1]:
        make(job)
    for job in jobs:
        began = time.process_time()
        quality = make(job)
        answer = {
            "cpu_s": time.process_time() - began,
            "bytes": Path(job[1]).stat().st_size,
            "quality": quality,
        }
        print(json.dumps(answer), flush=True)
    # Not getrusage: that would count what the process was a copy of, before it became this one.
    print(json.dumps({"peak_bytes": peak_bytes()}))


def peak_bytes() -> int:
    """The most memory that this process had resident."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return 1024 * int(line.split()[1])


def ours(job: Job) -> float:
    """What the image child does, verification included, under profile balanced."""
    source, target, output, quality = Path(job[0]), Path(job[1]), job[2], job[3]
    found = sniff(source.read_bytes()[:HEAD_BYTES])
    if found is None:
        raise ValueError(f"{source} is not a picture")
    opened, info = open_image(source, found.name)
    order = Order(profile="balanced", image_output="webp" if output == "animation" else output)
    plan = plan_image(info, order, Allowance())
    if quality is not None:
        plan = replace(plan, quality=quality)  # type: ignore[arg-type]  # WebP takes fractions
    # With room enough that the planned rendition is taken even where it saves nothing.
    roomy = replace(info, size_bytes=10 * info.size_bytes)
    result = first_that_pays(opened, roomy, plan, lambda _: None)
    target.write_bytes(result.data)
    verify_image(target, result.format_name, result.plan)
    return plan.quality


def bare(job: Job) -> float:
    """Decode, scale, encode as we do: nothing is converted, cleaned or looked at again."""
    return _bare(job, lambda picture, size: picture.resize(size, _filter(picture, size)))


def bare_plain(job: Job) -> float:
    """The same with Lanczos and WebP's default method, as it is usually written."""
    return _bare(
        job, lambda picture, size: picture.resize(size, Image.Resampling.LANCZOS), method=4
    )


def bare_unscaled(job: Job) -> float:
    """Decode, and encode a picture of the right size that lay ready, which is not counted."""

    def ready(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
        picture.load()
        if job[0] not in _READY:
            _READY[job[0]] = picture.resize(size, _filter(picture, size))
        return _READY[job[0]]

    return _bare(job, ready)


def _filter(picture: Image.Image, size: tuple[int, int]) -> Image.Resampling:
    """The one that the profile takes for a photo decoded whole."""
    is_much = picture.width / size[0] >= (BALANCED.bicubic_from_scale or math.inf)
    return Image.Resampling.BICUBIC if is_much else Image.Resampling.LANCZOS


def _bare(
    job: Job,
    scaled: Callable[[Image.Image, tuple[int, int]], Image.Image],
    method: int = BALANCED.webp_method_whole,
) -> float:
    rule = BALANCED.image[0]
    with Image.open(job[0]) as picture:
        scale = min(1.0, rule.max_side_px / max(picture.size))
        size = (round(picture.width * scale), round(picture.height * scale))
        made = scaled(picture, size)
        made.save(job[1], "WEBP", quality=rule.webp_quality, method=method)
    return rule.webp_quality


if __name__ == "__main__":
    register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
    main()
