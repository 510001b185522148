"""Measures photos against sharp and bare libraries: CPU, memory, bytes and what is left of them."""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.support import photo_set
from benchmarks.support.photo_tables import Found, tell
from benchmarks.support.similarity import similarity
from harness.result import Conditions, keep

ROOT = Path(__file__).parents[1]
SHARP_WEBP = {"quality": 82, "effort": 4}
SHARP_AVIF = {"quality": 60, "effort": 2}
SAME_BYTES = 0.003  # what the search for equal bytes stops at; the promise is 1 %
# What one step of quality changes, near where we are: first guesses that each try corrects.
BYTES_FOR_WEBP_QUALITY = 0.045
POINTS_FOR_AVIF_QUALITY = 0.6  # SSIMULACRA2's
TRIES = 8


@dataclass(frozen=True, slots=True)
class Made:
    """One picture that a side made."""

    path: Path
    cpu_s: float
    bytes: int
    quality: float | None


@dataclass(frozen=True, slots=True)
class Batch:
    """All pictures that one process made."""

    made: list[Made]
    peak_bytes: int

    @property
    def cpu_s(self) -> float:
        """Of all of them together."""
        return sum(each.cpu_s for each in self.made)

    @property
    def size_bytes(self) -> int:
        """Of all of them together."""
        return sum(each.bytes for each in self.made)


def main() -> None:
    """Measures and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench photos", description=__doc__)
    parser.add_argument("--photos", type=Path, metavar="DIR", help="real ones (.jpg .heic .gif)")
    parser.add_argument("--rounds", type=int, default=2, help="of which the least counts (2)")
    parser.add_argument("--keep", action="store_true", help="write results/photos.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = Bench(folder, given.rounds)
        photos = photo_set.found(given.photos) if given.photos else photo_set.drawn(folder)
        found = Found(
            sizes=[shown_size(each) for each in photos.jpegs],
            webp=bench.webp(photos.jpegs),
            avif=bench.avif(photos.jpegs),
            heic=bench.heic(photos.heics),
            gif=bench.gif(photos.gifs),
        )
    command = "./scripts/bench photos" + (" --photos DIR" if given.photos else "")
    keep(tell(found, command, is_real=bool(given.photos)), conditions, to_files=given.keep)


def shown_size(path: Path) -> tuple[int, int]:
    """Width and height of a picture as stored."""
    with Image.open(path) as picture:
        return picture.size


class Bench:
    """Has both sides make the same pictures, by turns, each in one process for all of them."""

    def __init__(self, folder: Path, rounds: int) -> None:
        """Put what is made into `folder`."""
        self._folder = folder
        self._rounds = rounds

    def webp(self, jpegs: list[Path]) -> dict[str, Any]:
        """To WebP: sharp, ours at the profile's own quality, and ours at sharp's bytes."""
        wanted = [each.bytes for each in self._sharp(jpegs, "webp", SHARP_WEBP).made]
        equal = self._qualities_for(jpegs, wanted)
        sides = self._by_turns(
            {
                "sharp": lambda: self._sharp(jpegs, "webp", SHARP_WEBP),
                "ours": lambda: self._ours(jpegs, "webp"),
                "equal": lambda: self._ours(jpegs, "webp", equal, "equal"),
            }
        )
        return sides | {"looks": self._looks(jpegs, sides)}

    def avif(self, jpegs: list[Path]) -> dict[str, Any]:
        """To AVIF: sharp, ours at the profile's own quality, and ours at sharp's looks."""
        sharp, ours = self._sharp(jpegs, "avif", SHARP_AVIF), self._ours(jpegs, "avif")
        looks = self._looks(jpegs, {"sharp": sharp, "ours": ours})
        qualities: list[float | None] = [
            (made.quality or 0) + round((theirs - own) / POINTS_FOR_AVIF_QUALITY)
            for made, theirs, own in zip(ours.made, looks["sharp"], looks["ours"], strict=True)
        ]
        sides = self._by_turns(
            {
                "sharp": lambda: self._sharp(jpegs, "avif", SHARP_AVIF),
                "ours": lambda: self._ours(jpegs, "avif"),
                "equal": lambda: self._ours(jpegs, "avif", qualities, "equal"),
            }
        )
        return sides | {"looks": looks | self._looks(jpegs, {"equal": sides["equal"]})}

    def heic(self, heics: list[Path]) -> dict[str, Any]:
        """To WebP: ours, and decoding and encoding alone, with and without scaling."""
        return self._by_turns(
            {
                "ours": lambda: self._ours(heics, "webp"),
                "bare": lambda: self._python("bare", jobs(heics, self._folder, "bare")),
                "unscaled": lambda: self._python("bare-unscaled", jobs(heics, self._folder, "un")),
                "plain": lambda: self._python("bare-plain", jobs(heics, self._folder, "plain")),
            }
        )

    def gif(self, gifs: list[Path]) -> dict[str, Any]:
        """To animated WebP."""
        return self._by_turns(
            {
                "sharp": lambda: self._sharp(gifs, "animation", SHARP_WEBP),
                "ours": lambda: self._ours(gifs, "animation"),
            }
        )

    def _by_turns(self, sides: dict[str, Any]) -> dict[str, Any]:
        """Each side's least CPU for each picture, over the rounds; its highest memory."""
        rounds = [{name: run() for name, run in sides.items()} for _ in range(self._rounds)]
        return {name: least([each[name] for each in rounds]) for name in sides}

    def _qualities_for(self, jpegs: list[Path], wanted: list[int]) -> list[float | None]:
        """The quality at which each of our WebPs has the wanted bytes."""
        found: list[float | None] = [float(SHARP_WEBP["quality"])] * len(jpegs)
        bounds = [(0.0, 100.0)] * len(jpegs)
        for _ in range(TRIES):
            batch = self._ours(jpegs, "webp", found, "search")
            shares = [made.bytes / one for made, one in zip(batch.made, wanted, strict=True)]
            if all(abs(share - 1) <= SAME_BYTES for share in shares):
                break
            for at, share in enumerate(shares):
                found[at], bounds[at] = nearer(found[at] or 0.0, share, bounds[at])
        return found

    def _looks(self, originals: list[Path], sides: dict[str, Batch]) -> dict[str, list[float]]:
        return {
            name: [
                similarity(original, each.path)
                for original, each in zip(originals, batch.made, strict=True)
            ]
            for name, batch in sides.items()
        }

    def _sharp(self, sources: list[Path], output: str, options: dict[str, int]) -> Batch:
        made = [(*job[:3], options) for job in jobs(sources, self._folder, "sharp", output)]
        return run(["node", str(ROOT / "benchmarks/peers/photos.mjs")], made)

    def _ours(
        self,
        sources: list[Path],
        output: str,
        qualities: list[float | None] | None = None,
        name: str = "ours",
    ) -> Batch:
        made = jobs(sources, self._folder, name, output)
        given = qualities or [None] * len(made)
        return self._python(
            "ours", [(*job[:3], quality) for job, quality in zip(made, given, strict=True)]
        )

    def _python(self, way: str, given: list[Any]) -> Batch:
        return run([sys.executable, "-m", "benchmarks.support.photo_batch", way], given)


def nearer(
    quality: float, share: float, bounds: tuple[float, float]
) -> tuple[float, tuple[float, float]]:
    """The quality to try next after one of such a share of the wanted bytes, and its bounds."""
    low, high = (quality, bounds[1]) if share < 1 else (bounds[0], quality)
    if abs(share - 1) <= SAME_BYTES:
        return quality, bounds
    guess = quality - math.log(share) / BYTES_FOR_WEBP_QUALITY
    return (guess if low < guess < high else (low + high) / 2), (low, high)


def jobs(sources: list[Path], folder: Path, name: str, output: str = "webp") -> list[Any]:
    """What each picture is to become, for a process on its own."""
    return [
        (str(each), str(folder / f"{each.name}.{name}.{output}"), output, None) for each in sources
    ]


def run(command: list[str], given: list[Any]) -> Batch:
    """One process for all pictures, and the most memory that it had resident."""
    if not given:
        return Batch([], 0)
    with tempfile.TemporaryFile("w+") as told, tempfile.TemporaryFile("w+") as answers:
        json.dump(given, told)
        told.seek(0)
        subprocess.run(command, stdin=told, stdout=answers, cwd=ROOT, check=True)
        answers.seek(0)
        *lines, last = (json.loads(line) for line in answers)
    made = [
        Made(Path(job[1]), line["cpu_s"], line["bytes"], line.get("quality"))
        for job, line in zip(given, lines, strict=True)
    ]
    return Batch(made, last["peak_bytes"])


def least(batches: list[Batch]) -> Batch:
    """The same pictures made several times: what another program's noise added is left out."""
    made = [
        replace(each[0], cpu_s=min(one.cpu_s for one in each))
        for each in zip(*(batch.made for batch in batches), strict=True)
    ]
    return Batch(made, max(batch.peak_bytes for batch in batches))


if __name__ == "__main__":
    main()
