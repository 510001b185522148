"""One compression under way."""

from dataclasses import dataclass
from pathlib import Path

from processing.formats import Format
from processing.rendition import Options, Reporter


@dataclass(frozen=True, slots=True)
class Task:
    """The file, where to work, by when, and whom to tell."""

    source: Path
    format: Format
    size_bytes: int
    work_dir: Path
    options: Options
    deadline: float  # on time.monotonic()'s clock
    report: Reporter
