"""One compression under way."""

from dataclasses import dataclass
from pathlib import Path

from order import Order
from processing.allowance import Allowance
from processing.formats import Format
from processing.progress import Reporter
from processing.targets import TARGETS


@dataclass(frozen=True, slots=True)
class Task:
    """The file, what is asked and allowed, where to work, by when, and whom to tell."""

    source: Path
    format: Format
    size_bytes: int
    work_dir: Path
    order: Order
    allowance: Allowance
    deadline: float  # on time.monotonic()'s clock
    report: Reporter

    def result_path(self, target: str) -> Path:
        """The one place where a result in the format `target` may be."""
        return self.work_dir / f"rendition.{TARGETS[target].extension}"
