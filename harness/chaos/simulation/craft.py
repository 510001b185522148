"""Stands in for compression: takes virtual time, and fails as the nature of the file asks."""

import hashlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from errors import CorruptMediaError, EncoderKilledError
from harness.chaos.simulation.scheduler import Killed
from harness.chaos.simulation.wire import Wire
from order import Order
from processing.allowance import Allowance
from processing.progress import Progress, Stage
from processing.rendition import Rendition

# What a file does to those who work on it, and how many of a hundred files do.
NATURES = {"fine": 70, "corrupt": 5, "empty": 4, "heavy": 6, "odd": 6, "deadly": 5, "stunning": 4}
STEPS = 3


class Mishap(Exception):
    """A failure without a name of ours."""


def content(nature: str, name: str, number: int) -> bytes:
    """The bytes of an upload; never the same twice."""
    return b"" if nature == "empty" else f"{nature}|{name}|{number}".encode()


@dataclass(slots=True)
class Craft:
    """The `compress` of one run."""

    wire: Wire
    rng: random.Random
    typical_s: float  # of one compression
    keeps_format: float  # how often a result keeps its source's extension
    tries: Counter[str] = field(default_factory=Counter)

    def compress(
        self,
        source: Path,
        work_dir: Path,
        order: Order,
        allowance: Allowance,
        on_progress: Callable[[Progress], None],
    ) -> Rendition:
        """Never the same bytes twice, as with real encoders; which says whose attempt it was."""
        data = source.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        self.tries[digest] += 1
        takes_s = self.typical_s * self.rng.uniform(0.2, 2)
        for step in range(STEPS):
            self.wire.scheduler.sleep(takes_s / STEPS)
            self._fail_by_nature(data, digest)
            on_progress(Progress(Stage.ENCODING, 100 * step / STEPS))
        extension = "png" if self.rng.random() < self.keeps_format else "webp"
        path = work_dir / f"result.{extension}"
        path.write_bytes(f"{digest}, attempt {self.tries[digest]}".encode())
        self._note("compressed", digest, result=_digest(path))
        size_bytes = path.stat().st_size
        return Rendition(path, extension, "image/webp", len(data), size_bytes, None, ())

    def _fail_by_nature(self, data: bytes, digest: str) -> None:
        nature = data.partition(b"|")[0].decode()
        if nature == "corrupt":
            self._note("compression failed", digest, error_code=CorruptMediaError.code)
            raise CorruptMediaError
        if nature == "heavy" and self.tries[digest] < 3:
            self._note("flaw", digest, why="too much for this machine")
            raise EncoderKilledError
        if nature == "odd" and self.tries[digest] < 2:
            self._note("flaw", digest, why="nobody knows")
            raise Mishap
        if nature == "deadly" or (nature == "stunning" and self.tries[digest] < 3):
            actor = self.wire.scheduler.current
            assert actor is not None
            self.wire.kill(actor.process.name)
            raise Killed

    def _note(self, what: str, digest: str, **facts: str) -> None:
        actor = self.wire.scheduler.current
        self.wire.who = actor.name if actor else "nobody"
        self.wire.note(what, source=digest, **facts)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
