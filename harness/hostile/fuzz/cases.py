"""The files of a campaign: which seed, how wounded, how to be compressed; all from one number."""

import hashlib
import json
import random
from dataclasses import dataclass
from pathlib import Path

from harness.hostile.fuzz.mutations import mutated
from harness.hostile.fuzz.picture_seeds import picture_seeds
from harness.hostile.fuzz.video_seeds import video_seeds

TIME_LIMIT_S = 15.0  # for files of a few kilobytes; a busy machine is slow


@dataclass(frozen=True, slots=True)
class Case:
    """One damaged file and what is asked for."""

    family: str  # "images" or "videos"
    index: int
    format_name: str  # of the seed; damage may have made it another's
    data: bytes
    options: dict[str, object]

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()[:16]


def seeds(family: str, folder: Path, kinds: list[str]) -> dict[str, list[bytes]]:
    """The honest files of a family, or of some of its formats."""
    found = picture_seeds() if family == "images" else video_seeds(folder)
    return {name: found[name] for name in found if not kinds or name in kinds}


def written(honest: dict[str, list[bytes]], folder: Path) -> None:
    """Put the honest files where other processes can read them; some encoders write the time."""
    for name, files in honest.items():
        for number, data in enumerate(files):
            (folder / f"{number:02}.{name}").write_bytes(data)


def read(folder: Path) -> dict[str, list[bytes]]:
    """What `written` has put there."""
    honest: dict[str, list[bytes]] = {}
    for path in sorted(folder.iterdir()):
        honest.setdefault(path.suffix[1:], []).append(path.read_bytes())
    return honest


def case(family: str, seed: int, index: int, honest: dict[str, list[bytes]]) -> Case:
    """The file number `index` of the campaign `seed`."""
    chance = random.Random(f"{seed}/{family}/{index}")
    names = sorted(honest)
    name = names[index % len(names)]
    data, other = chance.choice(honest[name]), chance.choice(honest[name])
    if chance.random() < 0.1:
        other = chance.choice(honest[chance.choice(names)])
    return Case(family, index, name, mutated(data, other, chance), _options(family, chance))


def _options(family: str, chance: random.Random) -> dict[str, object]:
    options: dict[str, object] = {
        "profile": chance.choice(("seed", "balanced")),
        "time_limit_s": TIME_LIMIT_S,
        "longest_time_limit_s": TIME_LIMIT_S,
        "threads": 1,
    }
    if family == "images":
        options["image_output"] = chance.choice(("webp",) * 7 + ("avif", "keep", "keep"))
        options["keep_copyright"] = chance.random() < 0.1
    else:
        options["video_output"] = "av1" if chance.random() < 0.02 else "h264"
    options["lighter_steps"] = chance.choice((0,) * 8 + (1, 2))
    return options


def stored(found: Case, fault: str, folder: Path) -> Path:
    """Keep a case where `--replay` can find it again; the options lie beside the bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{found.format_name}-{found.index}-{found.digest}.bin"
    path.write_bytes(found.data)
    words = {"family": found.family, "fault": fault, "options": found.options}
    path.with_suffix(".json").write_text(json.dumps(words, indent=1) + "\n")
    return path


def kept(path: Path) -> Case:
    """A stored case."""
    words = json.loads(path.with_suffix(".json").read_text())
    name, index, _ = path.stem.split("-")
    return Case(words["family"], int(index), name, path.read_bytes(), words["options"])
