"""Turns what was measured of photos into figures and tables."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.result import Figure, Result, Table

MEGA = 1e6
SAME_BYTES = 0.01
SAME_LOOKS = 0.5


@dataclass(frozen=True, slots=True)
class Found:
    """Each way's batches by the name of the side; beside them, for JPEGs, the looks."""

    sizes: list[tuple[int, int]]
    webp: dict[str, Any]
    avif: dict[str, Any]
    heic: dict[str, Any]
    gif: dict[str, Any]


def tell(found: Found, command: str, *, is_real: bool) -> Result:
    """The figures with their details."""
    kind = "real photos of cameras and phones" if is_real else "drawn photos with a camera's grain"
    return Result(
        name="photos",
        title="Photos against sharp and bare libraries",
        command=command,
        figures=[*_webp(found.webp), *_avif(found), *_heic(found.heic), *_gif(found.gif)],
        tables=[_table(found)],
        notes=[
            (
                f"{len(found.sizes)} {kind}, {len(found.heic['ours'].made)} HEIC and "
                f"{len(found.gif['ours'].made)} GIF. Profile balanced; the result is decoded again "
                "by us (as always), not by sharp."
            ),
            (
                "CPU: of all threads of a warm process, for each picture the least of the rounds, "
                "in which the sides took turns. Memory: the most that a side's process had "
                "resident, interpreter included."
            ),
            (
                "SSIMULACRA2 of the middle quarter, against the original as neither side scaled "
                "it: by ffmpeg's accurate Lanczos. One quality for each picture, found for equal "
                "bytes (WebP) or equal SSIMULACRA2 (AVIF)."
            ),
            (
                "Bare: pillow-heif and Pillow in one warm process, at our size; they convert no "
                "colours (phones store Display P3), clean nothing and look at nothing again."
            ),
        ],
        samples=dict(_samples(found)),
    )


def _webp(sides: dict[str, Any]) -> Iterator[Figure]:
    sharp, equal, ours = sides["sharp"], sides["equal"], sides["ours"]
    looks = {name: statistics.mean(values) for name, values in sides["looks"].items()}
    cpu, memory = equal.cpu_s / sharp.cpu_s, equal.peak_bytes / sharp.peak_bytes
    bytes_, points = equal.size_bytes / sharp.size_bytes, looks["equal"] - looks["sharp"]
    yield Figure(
        "JPEG to WebP at sharp's bytes: our CPU to sharp's (q82, effort 4, one thread)",
        f"{cpu:.2f}x ({equal.cpu_s:.2f} s to {sharp.cpu_s:.2f} s)",
        "<= 0.80x",
        cpu <= 0.80,
    )
    yield Figure(
        "the same: memory at its highest",
        f"{memory:.2f}x ({_mb(equal)} to {_mb(sharp)})",
        "<= 0.55x",
        memory <= 0.55,
    )
    yield Figure("the same: bytes", f"{bytes_:.3f}x", "+-1 %", abs(bytes_ - 1) <= SAME_BYTES)
    yield Figure(
        "the same: SSIMULACRA2, mean of the photos",
        f"{points:+.2f} ({looks['equal']:.2f} to {looks['sharp']:.2f})",
        "+-0.5 or better",
        points >= -SAME_LOOKS,
    )
    yield Figure(
        "JPEG to WebP at balanced's own quality: CPU, bytes, SSIMULACRA2 against sharp's",
        (
            f"{ours.cpu_s / sharp.cpu_s:.2f}x, {ours.size_bytes / sharp.size_bytes:.3f}x, "
            f"{looks['ours'] - looks['sharp']:+.2f}"
        ),
    )


def _avif(found: Found) -> Iterator[Figure]:
    sides = found.avif
    sharp, equal, ours = sides["sharp"], sides["equal"], sides["ours"]
    looks = {name: statistics.mean(values) for name, values in sides["looks"].items()}
    cpu, points = equal.cpu_s / sharp.cpu_s, looks["equal"] - looks["sharp"]
    yield Figure(
        "JPEG to AVIF at sharp's SSIMULACRA2: our CPU to sharp's (q60, effort 2, one thread)",
        f"{cpu:.2f}x ({equal.cpu_s:.2f} s to {sharp.cpu_s:.2f} s)",
        "<= 0.25x",
        cpu <= 0.25,
    )
    yield Figure(
        "the same: SSIMULACRA2, mean of the photos",
        f"{points:+.2f} ({looks['equal']:.2f} to {looks['sharp']:.2f})",
        "+-0.5 or better",
        points >= -SAME_LOOKS,
    )
    yield Figure(
        "the same: bytes, memory",
        (
            f"{equal.size_bytes / sharp.size_bytes:.2f}x, "
            f"{equal.peak_bytes / sharp.peak_bytes:.2f}x ({_mb(equal)} to {_mb(sharp)})"
        ),
    )
    webp, webp_looks = found.webp["ours"], statistics.mean(found.webp["looks"]["ours"])
    more = looks["ours"] - webp_looks
    yield Figure(
        "balanced's AVIF against balanced's WebP: bytes, SSIMULACRA2, CPU",
        (
            f"{ours.size_bytes / webp.size_bytes:.2f}x, {more:+.2f} ({looks['ours']:.2f}), "
            f"{ours.cpu_s / webp.cpu_s:.2f}x"
        ),
        "fewer, no less",
        ours.size_bytes < webp.size_bytes and more >= 0,
    )


def _heic(sides: dict[str, Any]) -> Iterator[Figure]:
    ours = sides["ours"].cpu_s
    if not ours:
        return
    bare, plain, unscaled = (sides[name].cpu_s for name in ("bare", "plain", "unscaled"))
    yield Figure(
        "HEIC to WebP: our CPU to pillow-heif's and Pillow's, same filter and method",
        f"{ours / bare:.2f}x ({ours:.2f} s to {bare:.2f} s)",
        "<= 1.05x",
        ours / bare <= 1.05,
    )
    yield Figure("the same against Lanczos and WebP's default method 4", f"{ours / plain:.2f}x")
    yield Figure(
        "the same against decoding and encoding alone, scaling not counted on their side",
        f"{ours / unscaled:.2f}x",
    )


def _gif(sides: dict[str, Any]) -> Iterator[Figure]:
    ours, sharp = sides["ours"], sides["sharp"]
    if ours.cpu_s:
        yield Figure(
            "GIF to animated WebP: our CPU and bytes to sharp's",
            f"{ours.cpu_s / sharp.cpu_s:.2f}x, {ours.size_bytes / sharp.size_bytes:.2f}x",
        )


def _table(found: Found) -> Table:
    columns = ["photo", "side", "WebP CPU", "kB", "SSIMULACRA2", "AVIF CPU", "kB", "SSIMULACRA2"]
    rows = []
    for at, (width, height) in enumerate(found.sizes):
        for side, name in (("sharp", "sharp"), ("equal", "ours, equal"), ("ours", "ours, own")):
            cells = [f"{width}x{height}", name]
            for sides in (found.webp, found.avif):
                made = sides[side].made[at]
                cells += [f"{made.cpu_s * 1000:.0f} ms", f"{made.bytes / 1000:.0f}"]
                cells.append(f"{sides['looks'][side][at]:.1f}")
            rows.append(cells)
    return Table("Each photo; equal: at sharp's bytes (WebP), at its looks (AVIF)", columns, rows)


def _samples(found: Found) -> Iterator[tuple[str, Any]]:
    ways = {"webp": found.webp, "avif": found.avif, "heic": found.heic, "gif": found.gif}
    for way, sides in ways.items():
        for side, batch in sides.items():
            if side != "looks":
                made = [[round(each.cpu_s, 4), each.bytes, each.quality] for each in batch.made]
                yield f"{way}, {side}: cpu_s, bytes, quality", made
    for way in ("webp", "avif"):
        looks = {side: [round(one, 2) for one in all_] for side, all_ in ways[way]["looks"].items()}
        yield f"{way}, ssimulacra2", looks


def _mb(batch: Any) -> str:
    return f"{batch.peak_bytes / MEGA:.0f} MB"
